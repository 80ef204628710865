"""spaCy: what it lets pickle have. Documents and pipelines hold pickles within."""

import spacy
from spacy.lookups import Lookups, Table
from spacy.strings import StringStore
from spacy.vectors import Vectors

import writer


def things():
    yield "string-store", lambda: StringStore(["a", "b"])
    yield "vectors", lambda: Vectors(shape=(2, 3))
    yield "lookups", lambda: lookups()
    yield "table", lambda: Table("t", {"a": "b"})
    yield "doc", lambda: spacy.blank("en")("The cat sat.")
    yield "vocab", lambda: spacy.blank("en").vocab
    yield "language", lambda: spacy.blank("en")


def lookups():
    made = Lookups()
    made.add_table("t", {"a": "b"})
    return made


def main():
    out = writer.Writer("spacy", "spaCy")
    for name, make in things():
        out.put(name, make)
    out.close()


if __name__ == "__main__":
    main()
