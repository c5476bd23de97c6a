"""Checks: one finding each, always present; a check reads the evidence and nothing else.

A file exports ``check(evidence) -> Finding``; the finding's code is the file's name. What a check needs and does not
find makes it ``not_applicable``, with the reason as title. Measuring is done before (scores, ladder, data report); a
check judges.
"""
