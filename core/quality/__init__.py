"""What was delivered, held against what was offered. Pure: facts in, findings out."""
