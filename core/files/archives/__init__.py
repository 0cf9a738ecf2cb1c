"""Unpacking: zip, tar, 7z and RAR, judged before a byte is written, whole or not at all."""
