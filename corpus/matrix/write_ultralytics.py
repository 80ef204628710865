"""Ultralytics: models of each task, as a training saves them, with small data."""

import ultralytics

import writer
from write_torchvision import shrink

MODELS = (
    "yolov8n.yaml",
    "yolov8n-seg.yaml",
    "yolov8n-pose.yaml",
    "yolov8n-cls.yaml",
    "yolov8n-obb.yaml",
    "yolov5n.yaml",
    "yolov3-tiny.yaml",
    "yolov6n.yaml",
    "yolov9t.yaml",
    "yolov10n.yaml",
    "yolo11n.yaml",
    "yolo12n.yaml",
    "yolo26n.yaml",
    "rtdetr-resnet50.yaml",
)


def main():
    import torch

    out = writer.Writer("ultralytics", "ultralytics")
    for name in MODELS:
        try:
            kind = ultralytics.RTDETR if name.startswith("rtdetr") else ultralytics.YOLO
            model = shrink(kind(name).model)
        except BaseException as error:
            out.skip(name, error)
            continue
        checkpoint = {
            "epoch": -1,
            "best_fitness": None,
            "model": model,
            "ema": None,
            "updates": None,
            "optimizer": None,
            "train_args": {"imgsz": 32},
            "date": "2026-01-01",
            "version": ultralytics.__version__,
        }
        out.save(
            name.replace(".yaml", ".pt"), lambda path, checkpoint=checkpoint: torch.save(checkpoint, path)
        )
    out.close()


if __name__ == "__main__":
    main()
