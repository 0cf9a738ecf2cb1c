"""One script for each version of the schema. A script that was released is never edited."""
