"""gensim: word vectors and topic models."""

import gensim
from gensim import corpora, models

import writer

TEXTS = [
    ["human", "interface", "computer"],
    ["survey", "user", "computer"],
    ["graph", "trees"],
    ["graph", "user"],
] * 3


def things():
    dictionary = corpora.Dictionary(TEXTS)
    bags = [dictionary.doc2bow(text) for text in TEXTS]
    word2vec = models.Word2Vec(TEXTS, vector_size=4, min_count=1, workers=1)
    yield "dictionary", dictionary
    yield "word2vec", word2vec
    yield "keyed-vectors", word2vec.wv
    yield "fasttext", lambda: models.FastText(TEXTS, vector_size=4, min_count=1, workers=1, bucket=10)
    yield (
        "doc2vec",
        lambda: models.Doc2Vec(
            [models.doc2vec.TaggedDocument(text, [i]) for i, text in enumerate(TEXTS)],
            vector_size=4,
            min_count=1,
            workers=1,
        ),
    )
    yield "tfidf", lambda: models.TfidfModel(bags)
    yield "lda", lambda: models.LdaModel(bags, id2word=dictionary, num_topics=2)
    yield "lsi", lambda: models.LsiModel(bags, id2word=dictionary, num_topics=2)
    yield "phrases", lambda: models.Phrases(TEXTS, min_count=1, threshold=1)
    yield "phraser", lambda: models.phrases.Phraser(models.Phrases(TEXTS, min_count=1, threshold=1))


def main():
    out = writer.Writer("gensim", "gensim")
    for name, thing in things():
        out.put(name, thing)
        make = (
            thing if callable(thing) and type(thing).__name__ == "function" else lambda thing=thing: thing
        )
        out.save(name + "-save.pkl", lambda path, make=make: make().save(path))
    assert gensim.__version__
    out.close()


if __name__ == "__main__":
    main()
