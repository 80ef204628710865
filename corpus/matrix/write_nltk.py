"""NLTK: tokenizers, taggers, classifiers, grammars, without downloaded data."""

import nltk
from nltk import classify, probability, stem, tag, tokenize
from nltk.tokenize import punkt

import writer

SENTENCES = [[("the", "DT"), ("cat", "NN"), ("sat", "VB")], [("a", "DT"), ("dog", "NN"), ("ran", "VB")]]
TEXT = "The cat sat. Mr. Smith ran. It was 3.5 m. " * 5


def tools():
    yield "punkt-parameters", lambda: punkt.PunktTrainer(TEXT).get_params()
    yield "punkt-tokenizer", lambda: punkt.PunktSentenceTokenizer(TEXT)
    yield "regexp-tokenizer", lambda: tokenize.RegexpTokenizer(r"\w+")
    yield "treebank-tokenizer", lambda: tokenize.TreebankWordTokenizer()
    yield "tweet-tokenizer", lambda: tokenize.TweetTokenizer()
    yield "whitespace-tokenizer", lambda: tokenize.WhitespaceTokenizer()
    yield "default-tagger", lambda: tag.DefaultTagger("NN")
    yield "unigram-tagger", lambda: tag.UnigramTagger(SENTENCES, backoff=tag.DefaultTagger("NN"))
    yield "bigram-tagger", lambda: tag.BigramTagger(SENTENCES, backoff=tag.UnigramTagger(SENTENCES))
    yield "affix-tagger", lambda: tag.AffixTagger(SENTENCES)
    yield "regexp-tagger", lambda: tag.RegexpTagger([(r".*s$", "NNS"), (r".*", "NN")])
    yield "hmm-tagger", lambda: tag.HiddenMarkovModelTagger.train(SENTENCES)
    yield "perceptron", perceptron
    yield "naive-bayes", lambda: classify.NaiveBayesClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")])
    yield "decision-tree", lambda: classify.DecisionTreeClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")])
    yield (
        "maxent",
        lambda: classify.MaxentClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")], trace=0, max_iter=2),
    )
    yield "freq-dist", lambda: probability.FreqDist("abcab")
    yield "conditional-freq-dist", lambda: probability.ConditionalFreqDist([("a", 1), ("a", 2), ("b", 1)])
    yield "ele-prob-dist", lambda: probability.ELEProbDist(probability.FreqDist("abcab"))
    yield "mle-prob-dist", lambda: probability.MLEProbDist(probability.FreqDist("abcab"))
    yield "laplace-prob-dist", lambda: probability.LaplaceProbDist(probability.FreqDist("abcab"))
    yield "grammar", lambda: nltk.CFG.fromstring("S -> NP VP\nNP -> 'a'\nVP -> 'b'")
    yield "pcfg", lambda: nltk.PCFG.fromstring("S -> 'a' [0.5] | 'b' [0.5]")
    yield "tree", lambda: nltk.Tree.fromstring("(S (NP a) (VP b))")
    yield "porter", lambda: stem.PorterStemmer()
    yield "lancaster", lambda: stem.LancasterStemmer()
    yield "snowball", lambda: stem.SnowballStemmer("english")
    yield "regexp-stemmer", lambda: stem.RegexpStemmer("ing$")
    yield "chunk-parser", lambda: nltk.RegexpParser("NP: {<DT><NN>}")
    yield "text", lambda: nltk.Text(["a", "b", "a"])
    yield "collocations", lambda: nltk.BigramCollocationFinder.from_words("abcabc")


def perceptron():
    from nltk.tag.perceptron import PerceptronTagger

    tagger = PerceptronTagger(load=False)
    tagger.train(SENTENCES, nr_iter=1)
    return tagger


def main():
    out = writer.Writer("nltk", "nltk")
    for name, make in tools():
        out.put(name, make)
    out.close()


if __name__ == "__main__":
    main()
