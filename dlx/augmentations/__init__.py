"""Part family: distortions of training images that leave the label alone; one file each."""
