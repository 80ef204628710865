#!/usr/bin/env python3
"""Copies a small part of the matrix's files into corpus/benign, with rows for MANIFEST.

    corpus/matrix/record.py [-e ENVIRONMENT]... [-l LIBRARY]...

What is kept is what KEPT names, of the files that run.py has made and found clean.
CI scans these; the rest can be made again.
"""

from __future__ import annotations

import argparse
import fnmatch
import pathlib
import shutil
import sys

import run

sys.path.insert(0, str(run.ROOT / "corpus"))

import manifest

LARGEST = 64 << 10

# By library: patterns of file names.
KEPT = {
    "pandas": """
        frame-p2.pkl frame-p4.pkl frame-category-p4.pkl frame-zones-p4.pkl
        frame-periods-p4.pkl frame-intervals-p4.pkl frame-nullable-p4.pkl
        frame-sparse-p4.pkl frame-multi-p4.pkl frame-arrow-string-p4.pkl
        frame-string-p0.pkl frame-dates-p5.pkl series-p5.pkl series-categories-p2.pkl
        index-dates-p4.pkl index-periods-p0.pkl scalars-p4.pkl dtypes-p4.pkl
        offset-BusinessHour-p4.pkl offset-Week-p0.pkl to-pickle.pkl to-pickle.pkl.gz
    """,
    "scipy": """
        sparse-csr-matrix-p4.pkl sparse-coo-array-p4.pkl sparse-dok-matrix-p2.pkl
        sparse-lil-matrix-p0.pkl interp1d-p4.pkl CubicSpline-p4.pkl BSpline-p4.pkl
        UnivariateSpline-p4.pkl RegularGridInterpolator-p4.pkl KDTree-p4.pkl
        cKDTree-p4.pkl Rotation-p4.pkl minimize-p4.pkl linregress-p4.pkl kde-p4.pkl
        lti-p4.pkl
    """,
    "xgboost": """
        classifier-p4.pkl booster-p2.pkl pipeline-p4.pkl rf-regressor-p2.pkl
        unfitted-p4.pkl
    """,
    "lightgbm": """
        classifier-p4.pkl booster-p2.pkl pipeline-p4.pkl frame-p4.pkl unfitted-p0.pkl
    """,
    "sklearn": """
        variant-gp-p4.pkl variant-hist-three-p4.pkl variant-gb-init-p4.pkl
        variant-grid-scorers-p4.pkl variant-columns-frame-p4.pkl
        variant-pipeline-nested-p4.pkl Isomap-p4.pkl OPTICS-p4.pkl
        LatentDirichletAllocation-p4.pkl CalibratedClassifierCV-p2.pkl
    """,
    "joblib": """
        array.joblib fortran.joblib objects.joblib nested.joblib pipeline.joblib
        forest.joblib frame.joblib structured.joblib array-*.joblib pipeline-gzip.joblib
    """,
    "torch": """
        state-dict.pt state-dict-legacy.pt whole-net.pt whole-net-legacy.pt
        checkpoint-Adam.pt optim-SGD.pt tensor-views.pt tensor-shared.pt
        tensor-type-bfloat16.pt tensor-sparse-coo.pt tensor-quantized.pt
        tensor-parameter.pt nn-LSTM.pt nn-TransformerEncoder.pt nn-MultiheadAttention.pt
        scheduler-OneCycleLR.pt tensor-size-device-dtype.pt state-dict-p4.pt
    """,
    "torchvision": """
        resnet18.pt fasterrcnn*.pt segmentation-fcn_resnet50.pt transform-train-p2.pkl
    """,
    "transformers": """
        training-args-default.pt training-args-seq2seq.pt
    """,
    "ultralytics": """
        yolov8n.pt yolov8n-cls.pt
    """,
    "catboost": """
        classifier-p4.pkl regressor-p2.pkl unfitted-p4.pkl
    """,
    "networkx": """
        attributes-p4.pkl MultiDiGraph-p2.pkl used-p4.pkl
    """,
    "nltk": """
        punkt-tokenizer-p4.pkl unigram-tagger-p4.pkl naive-bayes-p2.pkl grammar-p4.pkl
        tree-p4.pkl
    """,
    "gensim": """
        dictionary-p4.pkl word2vec-p4.pkl tfidf-save.pkl lda-p2.pkl
    """,
    "spacy": """
        string-store-p4.pkl lookups-p4.pkl vectors-p4.pkl
    """,
    "statsmodels": """
        ols-p4.pkl logit-p4.pkl glm-binomial-p2.pkl
    """,
}


def kept(result: dict) -> list[str]:
    """Names of the files of one library and environment to keep."""
    folder = run.FILES / result["environment"] / result["library"]
    unclean = {pathlib.Path(file["file"]).name.removesuffix(".pkl") for file in result["not_clean"]}
    names = [
        path.name
        for path in sorted(folder.iterdir())
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in KEPT.get(result["library"], "").split())
        and path.is_file()
        and path.name not in unclean
        and path.name.removesuffix(".pkl") not in unclean
        and path.stat().st_size <= LARGEST
    ]
    return names


def record(result: dict) -> int:
    """Copy the files and write their rows. Returns how many."""
    version = result["version"].split("+")[0]
    # corpus/benign/sklearn/1.2 has other files already.
    below = f"benign/{result['library']}/{version}"
    source = run.FILES / result["environment"] / result["library"]
    target = run.ROOT / "corpus" / below
    shutil.rmtree(target, ignore_errors=True)
    numpy = "" if result["numpy"] == "-" else f" with NumPy {result['numpy']}"
    origin = f"{result['title']} {version}{numpy} on CPython {result['python']}"
    rows = []
    for name in kept(result):
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)
        comment = name.split(".")[0].replace("-", " ")
        rows.append(
            manifest.Row(f"{below}/{name}", "benign", origin, "clean", result["library"], "-", "-", comment)
        )
    manifest.replace(lambda path: path.startswith(below + "/"), rows)
    return len(rows)


def main() -> int:
    """Record what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-e", "--environment", action="append")
    parser.add_argument("-l", "--library", action="append")
    options = parser.parse_args()
    for result in run.read_results():
        if options.environment and result["environment"] not in options.environment:
            continue
        if options.library and result["library"] not in options.library:
            continue
        print(f"{result['library']} {result['version']}: {record(result)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
