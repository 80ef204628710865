"""The malicious half of the corpus: one function or table row a sample.

Every payload is harmless: at most it creates an empty file called
`picklebox-marker` in the current directory. Nothing here is ever run by the
tests; the streams are written, not executed.
"""
