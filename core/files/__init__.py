"""Files of others read with care, and files of ours that are whole or not there."""
