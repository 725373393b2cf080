"""Trains the demo's two classifiers, as a child process: scikit-learn is in nobody else's memory.

    python -m config.demo.train FOLDER

writes for each model its file and a JSON document: digests, metrics, thresholds, and the held-out
predictions as they are posted afterwards. The data comes with scikit-learn (Wisconsin breast cancer,
Optical Recognition of Handwritten Digits).
"""

import hashlib
import json
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20261
SHOWN_FEATURES = 8


def train_all(folder: Path) -> None:
    """Train both models and write what the demo needs into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, train in (("tumour-screen", train_tumours), ("digit-reader", train_digits)):
        document = train(folder / f"{name}.pickle")
        (folder / f"{name}.json").write_text(json.dumps(document))


def train_tumours(file: Path) -> dict[str, Any]:
    """Logistic regression on a few of the 30 measurements: contributions are weight times deviation."""
    data = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in data.feature_names]
    # The ten means only: with all thirty there is hardly an uncertain case left to review.
    inputs, labels = data.data[:, :10], data.target
    fit, rest, fit_labels, rest_labels = train_test_split(
        inputs, labels, train_size=0.3, random_state=SEED, stratify=labels
    )
    check, held_out, check_labels, held_out_labels = train_test_split(
        rest, rest_labels, train_size=0.25, random_state=SEED, stratify=rest_labels
    )
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3))
    model.fit(fit, fit_labels)
    classes = [str(data.target_names[n]) for n in model.classes_]
    weights = model[-1].coef_[0]
    predictions = []
    for n, (row, scores) in enumerate(zip(held_out, model.predict_proba(held_out), strict=True)):
        # Towards the class that was predicted: what raised the answer is positive.
        pushes = weights * model[0].transform([row])[0] * (1 if scores.argmax() == 1 else -1)
        prediction = _prediction(f"biopsy-{n + 1:04d}", classes, scores)
        prediction["input"] = {name: round(float(value), 4) for name, value in zip(names, row, strict=False)}
        prediction["explanation"] = {"features": _features(names, row, pushes)}
        prediction["segment"] = {"size": "large" if row[0] > 15 else "small"}
        prediction["subject"] = f"patient-{n + 1:04d}"
        predictions.append(prediction)
    return _document(file, model, data.data, predictions, model.predict_proba(check), check_labels) | {
        "metrics": _metrics(model, held_out, held_out_labels),
        "classes": classes,
        "parameters": {"estimator": "LogisticRegression", "C": 0.3, "features": 10, "seed": SEED},
    }


def train_digits(file: Path) -> dict[str, Any]:
    """A small forest on 8 by 8 pixels with 17 grey levels."""
    data = load_digits()
    fit, rest, fit_labels, rest_labels = train_test_split(
        data.data, data.target, train_size=0.4, random_state=SEED, stratify=data.target
    )
    check, held_out, check_labels, held_out_labels = train_test_split(
        rest, rest_labels, train_size=0.4, random_state=SEED, stratify=rest_labels
    )
    model = RandomForestClassifier(n_estimators=40, max_depth=9, random_state=SEED)
    model.fit(fit, fit_labels)
    classes = [str(n) for n in model.classes_]
    predictions = []
    for n, (row, scores) in enumerate(zip(held_out, model.predict_proba(held_out), strict=True)):
        prediction = _prediction(f"scan-{n + 1:04d}", classes, scores)
        prediction["input"] = {"pixels": row.reshape(8, 8).astype(int).tolist()}
        prediction["segment"] = {"ink": "heavy" if row.sum() > 320 else "light"}
        predictions.append(prediction)
    return _document(file, model, data.data, predictions, model.predict_proba(check), check_labels) | {
        "metrics": _metrics(model, held_out, held_out_labels),
        "classes": classes,
        "parameters": {"estimator": "RandomForestClassifier", "trees": 40, "max_depth": 9, "seed": SEED},
    }


def threshold_for(scores: Any, labels: Any, *, largest_error: float) -> float:
    """The smallest confidence above which checked predictions were wrong rarely: at most `largest_error`."""
    confidence = scores.max(axis=1)
    right = scores.argmax(axis=1) == labels
    order = numpy.argsort(-confidence)
    errors = numpy.cumsum(~right[order]) / numpy.arange(1, len(order) + 1)
    good = numpy.flatnonzero(errors <= largest_error)
    cut = float(confidence[order][good[-1]]) if len(good) else 1.0
    return round(min(cut, 0.99), 2)


def _document(
    file: Path, model: Any, training: Any, predictions: list[dict[str, Any]], checked: Any, labels: Any
) -> dict[str, Any]:
    file.write_bytes(pickle.dumps(model))
    return {
        "file": {"name": file.name, "sha256": _sha256(file.read_bytes()), "size": file.stat().st_size},
        "training_sha256": _sha256(numpy.ascontiguousarray(training).tobytes()),
        "threshold": threshold_for(checked, labels, largest_error=0.005),
        "predictions": predictions,
    }


def _prediction(external_id: str, classes: Sequence[str], scores: Any) -> dict[str, Any]:
    rounded = [round(float(score), 4) for score in scores]
    best = int(scores.argmax())
    return {
        "external_id": external_id,
        "output": {"label": classes[best]},
        "confidence": rounded[best],
        "scores": dict(zip(classes, rounded, strict=True)),
    }


def _features(names: Sequence[str], row: Any, pushes: Any) -> list[dict[str, Any]]:
    strongest = sorted(range(len(pushes)), key=lambda n: -abs(pushes[n]))[:SHOWN_FEATURES]
    return [
        {"name": names[n], "value": round(float(row[n]), 4), "contribution": round(float(pushes[n]), 3)}
        for n in strongest
    ]


def _metrics(model: Any, inputs: Any, labels: Any) -> dict[str, float]:
    return {
        "accuracy": round(float(accuracy_score(labels, model.predict(inputs))), 4),
        "log_loss": round(float(log_loss(labels, model.predict_proba(inputs))), 4),
        "held_out_rows": len(labels),
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    train_all(Path(sys.argv[1]))
