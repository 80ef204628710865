"""torchvision: its models, whole and as state dicts, and transforms.

The weights of a model are cut to one element a tensor where they are large:
what is wanted is the classes and the calls, not the numbers.
"""

import inspect

import torch
import torchvision

import writer

# One of each family; the largest that share all classes with a small one are
# left out.
MODELS = (
    "alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet inception_v3 maxvit_t "
    "mnasnet0_5 mobilenet_v2 mobilenet_v3_small regnet_y_400mf resnet18 resnet50 resnext50_32x4d "
    "shufflenet_v2_x0_5 squeezenet1_0 swin_t swin_v2_t vgg11_bn vit_b_16 wide_resnet50_2"
).split()
DETECTORS = (
    "fasterrcnn_mobilenet_v3_large_320_fpn fasterrcnn_resnet50_fpn maskrcnn_resnet50_fpn "
    "keypointrcnn_resnet50_fpn retinanet_resnet50_fpn fcos_resnet50_fpn "
    "ssdlite320_mobilenet_v3_large ssd300_vgg16"
).split()
SEGMENTERS = "fcn_resnet50 deeplabv3_resnet50 lraspp_mobilenet_v3_large".split()
VIDEOS = "r3d_18 mc3_18 r2plus1d_18 s3d mvit_v1_b swin3d_t".split()


def make(function, **more):
    """Call a model's builder without weights, as each release spells it."""
    source = inspect.getsource(function)
    if "weights_backbone" in source:
        more.update(weights=None, weights_backbone=None)
    elif "weights" in inspect.signature(function).parameters:
        more.update(weights=None)
    elif "pretrained_backbone" in source or "segmentation" in function.__module__:
        more.update(pretrained=False, pretrained_backbone=False)
    else:
        more.update(pretrained=False)
    return function(**more)


def shrink(model):
    """Replace the data of every large tensor by one element, expanded."""
    for tensor in list(model.parameters()) + list(model.buffers()):
        if tensor.numel() > 64:
            with torch.no_grad():
                tensor.data = torch.zeros(1, dtype=tensor.dtype).expand(tensor.shape)
    return model


def main():
    out = writer.Writer("torchvision", "torchvision")
    groups = (
        ("", torchvision.models, MODELS),
        ("detection-", getattr(torchvision.models, "detection", None), DETECTORS),
        ("segmentation-", getattr(torchvision.models, "segmentation", None), SEGMENTERS),
        ("video-", getattr(torchvision.models, "video", None), VIDEOS),
    )
    for prefix, module, names in groups:
        for name in names:
            function = getattr(module, name, None)
            if function is None:
                continue
            try:
                model = shrink(make(function))
            except Exception as error:
                out.skip(prefix + name, error)
                continue
            out.save(prefix + name + ".pt", lambda path, model=model: torch.save(model, path))
            if prefix == "" and name in ("resnet18", "vit_b_16", "mobilenet_v2"):
                out.save(
                    prefix + name + "-state.pt",
                    lambda path, model=model: torch.save(model.state_dict(), path),
                )
    tf = torchvision.transforms
    for name, thing in {
        "transform-eval": lambda: tf.Compose(
            [tf.Resize(256), tf.CenterCrop(224), tf.ToTensor(), tf.Normalize([0.5], [0.5])]
        ),
        "transform-train": lambda: tf.Compose(
            [
                tf.RandomResizedCrop(224),
                tf.RandomHorizontalFlip(),
                tf.ColorJitter(0.1),
                tf.RandomRotation(5),
                tf.ToTensor(),
                tf.RandomErasing(),
            ]
        ),
    }.items():
        out.put(name, thing)
    out.close()


if __name__ == "__main__":
    main()
