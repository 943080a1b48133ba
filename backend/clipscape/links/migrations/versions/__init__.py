"""One file per step. A released step is never edited: databases out there have taken it already."""
