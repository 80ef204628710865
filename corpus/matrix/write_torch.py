"""PyTorch: tensors, state dicts, optimisers, whole modules of torch.nn."""

import collections
import inspect

import torch
from torch import nn
from torch.optim import lr_scheduler

import writer

# What a module is made with, where () does not do.
ARGUMENTS = {
    "AdaptiveAvgPool1d": (2,),
    "AdaptiveAvgPool2d": (2,),
    "AdaptiveAvgPool3d": (2,),
    "AdaptiveLogSoftmaxWithLoss": (4, 10, [5]),
    "AdaptiveMaxPool1d": (2,),
    "AdaptiveMaxPool2d": (2,),
    "AdaptiveMaxPool3d": (2,),
    "AvgPool1d": (2,),
    "AvgPool2d": (2,),
    "AvgPool3d": (2,),
    "BatchNorm1d": (3,),
    "BatchNorm2d": (3,),
    "BatchNorm3d": (3,),
    "Bilinear": (2, 2, 1),
    "CircularPad1d": (1,),
    "CircularPad2d": (1,),
    "CircularPad3d": (1,),
    "ConstantPad1d": (1, 0.0),
    "ConstantPad2d": (1, 0.0),
    "ConstantPad3d": (1, 0.0),
    "Conv1d": (1, 2, 3),
    "Conv2d": (1, 2, 3),
    "Conv3d": (1, 2, 3),
    "ConvTranspose1d": (1, 2, 3),
    "ConvTranspose2d": (1, 2, 3),
    "ConvTranspose3d": (1, 2, 3),
    "Embedding": (4, 3),
    "EmbeddingBag": (4, 3),
    "Fold": ((4, 4), 2),
    "FractionalMaxPool2d": (2, 2),
    "FractionalMaxPool3d": (2, 2),
    "GRU": (2, 3),
    "GRUCell": (2, 3),
    "GroupNorm": (1, 2),
    "InstanceNorm1d": (2,),
    "InstanceNorm2d": (2,),
    "InstanceNorm3d": (2,),
    "LPPool1d": (2, 2),
    "LPPool2d": (2, 2),
    "LPPool3d": (2, 2),
    "LSTM": (2, 3),
    "LSTMCell": (2, 3),
    "LayerNorm": (3,),
    "LazyBatchNorm1d": (),
    "LazyConv1d": (2, 3),
    "LazyConv2d": (2, 3),
    "LazyConv3d": (2, 3),
    "LazyConvTranspose1d": (2, 3),
    "LazyConvTranspose2d": (2, 3),
    "LazyConvTranspose3d": (2, 3),
    "LazyLinear": (2,),
    "Linear": (2, 3),
    "LocalResponseNorm": (2,),
    "MaxPool1d": (2,),
    "MaxPool2d": (2,),
    "MaxPool3d": (2,),
    "MaxUnpool1d": (2,),
    "MaxUnpool2d": (2,),
    "MaxUnpool3d": (2,),
    "MultiheadAttention": (4, 2),
    "NLLLoss2d": (),
    "PixelShuffle": (2,),
    "PixelUnshuffle": (2,),
    "RMSNorm": (3,),
    "RNN": (2, 3),
    "RNNBase": ("LSTM", 2, 3),
    "RNNCell": (2, 3),
    "RNNCellBase": (2, 3, True, 4),
    "ReflectionPad1d": (1,),
    "ReflectionPad2d": (1,),
    "ReflectionPad3d": (1,),
    "ReplicationPad1d": (1,),
    "ReplicationPad2d": (1,),
    "ReplicationPad3d": (1,),
    "SyncBatchNorm": (3,),
    "Threshold": (0.1, 0.0),
    "TripletMarginWithDistanceLoss": (),
    "Transformer": (4, 2, 1, 1, 8),
    "TransformerDecoderLayer": (4, 2, 8),
    "TransformerEncoderLayer": (4, 2, 8),
    "Unflatten": (1, (2, 2)),
    "Unfold": (2,),
    "Upsample": (None, 2),
    "UpsamplingBilinear2d": (None, 2),
    "UpsamplingNearest2d": (None, 2),
    "ZeroPad1d": (1,),
    "ZeroPad2d": (1,),
    "ZeroPad3d": (1,),
    "CrossMapLRN2d": (2,),
    "Softmax": (1,),
    "LogSoftmax": (1,),
}


def modules():
    """(name, module) for every class of torch.nn that can be made."""
    encoder = nn.TransformerEncoderLayer(4, 2, 8)
    decoder = nn.TransformerDecoderLayer(4, 2, 8)
    special = {
        "TransformerEncoder": lambda: nn.TransformerEncoder(encoder, 1),
        "TransformerDecoder": lambda: nn.TransformerDecoder(decoder, 1),
        "Sequential": lambda: nn.Sequential(nn.Linear(2, 2), nn.ReLU()),
        "ModuleList": lambda: nn.ModuleList([nn.Linear(2, 2)]),
        "ModuleDict": lambda: nn.ModuleDict({"a": nn.Linear(2, 2)}),
        "ParameterList": lambda: nn.ParameterList([nn.Parameter(torch.ones(2))]),
        "ParameterDict": lambda: nn.ParameterDict({"a": nn.Parameter(torch.ones(2))}),
        "GaussianNLLLoss": lambda: nn.GaussianNLLLoss(),
    }
    for name, cls in sorted(vars(nn).items()):
        if not (inspect.isclass(cls) and issubclass(cls, nn.Module)):
            continue
        if name in ("Module", "Container", "DataParallel"):
            continue
        make = special.get(name) or (lambda cls=cls, name=name: cls(*ARGUMENTS.get(name, ())))
        yield name, make


def small_net():
    """A net with a bit of everything that people write."""
    torch.manual_seed(0)
    return nn.Sequential(
        collections.OrderedDict(
            conv=nn.Conv2d(1, 2, 3),
            norm=nn.BatchNorm2d(2),
            relu=nn.ReLU(),
            flat=nn.Flatten(),
            out=nn.Linear(8, 2),
        )
    )


def trained(optimizer, **options):
    net = small_net()
    made = optimizer(net.parameters(), **options)
    for _ in range(2):
        made.zero_grad()
        loss = net(torch.ones(3, 1, 4, 4)).sum()
        if isinstance(made, torch.optim.LBFGS):
            made.step(lambda loss=loss: loss)
        else:
            loss.backward()
            made.step()
    return net, made


def optimizers():
    for name, cls in sorted(vars(torch.optim).items()):
        if inspect.isclass(cls) and issubclass(cls, torch.optim.Optimizer) and name != "Optimizer":
            options = {"SGD": {"lr": 0.1, "momentum": 0.9}, "LBFGS": {"lr": 0.1}}.get(name, {})
            yield name, cls, options


def schedulers(optimizer):
    yield "StepLR", lr_scheduler.StepLR(optimizer, 2)
    yield "MultiStepLR", lr_scheduler.MultiStepLR(optimizer, [2, 4])
    yield "ExponentialLR", lr_scheduler.ExponentialLR(optimizer, 0.9)
    yield "CosineAnnealingLR", lr_scheduler.CosineAnnealingLR(optimizer, 5)
    yield "ReduceLROnPlateau", lr_scheduler.ReduceLROnPlateau(optimizer)
    yield "CyclicLR", lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, cycle_momentum=False)
    yield "OneCycleLR", lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10, cycle_momentum=False)


def tensors():
    """Tensors of every type and form that is saved without a device."""
    made = collections.OrderedDict()
    types = (
        "float32 float64 float16 bfloat16 int8 int16 int32 int64 uint8 bool complex64 complex128 complex32 "
        "float8_e4m3fn float8_e5m2 uint16 uint32 uint64"
    ).split()
    for name in types:
        dtype = getattr(torch, name, None)
        if dtype is not None:
            made["type-" + name] = lambda dtype=dtype: torch.ones(3).to(dtype)
    made["views"] = lambda: {
        "a": torch.arange(12).view(3, 4).t(),
        "b": torch.arange(12)[3:7],
        "c": torch.tensor(1.5),
    }
    base = torch.arange(6.0)
    made["shared"] = lambda: [base, base.view(2, 3), base[2:]]
    made["empty"] = lambda: [torch.empty(0), torch.empty(2, 0)]
    made["grad"] = lambda: torch.ones(2, requires_grad=True)
    made["parameter"] = lambda: nn.Parameter(torch.ones(2))
    made["conj"] = lambda: torch.ones(2, dtype=torch.complex64).conj()
    made["sparse-coo"] = lambda: torch.sparse_coo_tensor([[0, 1], [1, 0]], [1.0, 2.0], (2, 2)).coalesce()
    made["sparse-csr"] = lambda: torch.eye(3).to_sparse_csr()
    made["sparse-csc"] = lambda: torch.eye(3).to_sparse_csc()
    made["sparse-bsr"] = lambda: torch.eye(4).to_sparse_bsr((2, 2))
    made["quantized"] = lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 2, torch.quint8)
    made["quantized-channels"] = lambda: torch.quantize_per_channel(
        torch.ones(2, 3), torch.tensor([0.1, 0.2]), torch.tensor([0, 1]), 0, torch.qint8
    )
    made["meta"] = lambda: torch.empty(2, 3, device="meta")
    made["nested"] = lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    made["attributes"] = with_attribute
    made["storage"] = lambda: torch.ones(3).storage()
    made["untyped-storage"] = lambda: torch.ones(3).untyped_storage()
    made["size-device-dtype"] = lambda: {
        "size": torch.ones(2, 3).shape,
        "device": torch.device("cpu"),
        "cuda": torch.device("cuda", 1),
        "dtype": torch.float32,
        "layout": torch.strided,
        "format": torch.channels_last,
    }
    made["generator-state"] = lambda: torch.get_rng_state()
    made["packed-sequence"] = lambda: nn.utils.rnn.pack_sequence([torch.ones(3, 2), torch.ones(2, 2)])
    made["dataset"] = lambda: torch.utils.data.TensorDataset(torch.ones(2), torch.zeros(2))
    made["return-types"] = lambda: torch.max(torch.ones(2, 2), 0)
    made["uninitialized"] = lambda: nn.LazyLinear(2)
    made["numpy"] = lambda: {"array": torch.ones(2).numpy(), "scalar": torch.ones(2).numpy().sum()}
    made["version"] = lambda: {"torch": torch.__version__}
    return made


def with_attribute():
    tensor = torch.ones(2)
    tensor.note = "a tensor with an attribute"
    return tensor


def wrapped_modules():
    """Modules as the tools of torch.nn.utils change them."""
    yield "weight-norm", lambda: nn.utils.weight_norm(nn.Linear(2, 2))
    yield "spectral-norm", lambda: nn.utils.spectral_norm(nn.Linear(2, 2))
    yield "pruned", lambda: nn.utils.prune.l1_unstructured(nn.Linear(4, 2), "weight", 2)
    yield "parametrized", lambda: nn.utils.parametrizations.orthogonal(nn.Linear(2, 2))
    yield "averaged", lambda: torch.optim.swa_utils.AveragedModel(small_net())
    yield "data-parallel", lambda: nn.DataParallel(small_net())
    yield "distribution", lambda: torch.distributions.Normal(torch.zeros(2), torch.ones(2))
    yield "categorical", lambda: torch.distributions.Categorical(torch.ones(3))


def main():
    out = writer.Writer("torch", "torch")

    def save(name, make, **options):
        out.save(name, lambda path: torch.save(make(), path, **options))

    def checkpoint(net, optimizer):
        return {
            "epoch": 2,
            "model_state_dict": net.state_dict(),
            "optimizer_state_dict": optimizer.state_dict(),
            "loss": torch.tensor(0.5),
            "best": 0.25,
            "names": ["a", "b"],
        }

    save("state-dict.pt", lambda: small_net().state_dict())
    save("state-dict-legacy.pt", lambda: small_net().state_dict(), _use_new_zipfile_serialization=False)
    save("state-dict-zip.pt", lambda: small_net().state_dict(), _use_new_zipfile_serialization=True)
    save("whole-net-legacy.pt", small_net, _use_new_zipfile_serialization=False)
    save("state-dict-p4.pt", lambda: small_net().state_dict(), pickle_protocol=4)
    save("whole-net.pt", small_net)
    save("whole-net-p4.pt", small_net, pickle_protocol=4)
    for name, make in tensors().items():
        save("tensor-" + name + ".pt", make)
    for name, make in modules():
        save("nn-" + name + ".pt", make)
    for name, make in wrapped_modules():
        save("wrapped-" + name + ".pt", make)
    for name, cls, options in optimizers():
        try:
            net, optimizer = trained(cls, **options)
        except Exception as error:
            out.skip("optim-" + name, error)
            continue
        save("checkpoint-" + name + ".pt", lambda net=net, optimizer=optimizer: checkpoint(net, optimizer))
        save("optim-" + name + ".pt", lambda optimizer=optimizer: optimizer)
    for name, scheduler in schedulers(torch.optim.SGD(small_net().parameters(), lr=0.1)):
        save("scheduler-" + name + ".pt", lambda scheduler=scheduler: scheduler.state_dict())
        save("scheduler-whole-" + name + ".pt", lambda scheduler=scheduler: scheduler)
    out.put("size-and-dtype", lambda: [torch.Size([2, 3]), torch.device("cpu"), torch.float32])
    out.put("pickled-tensor", lambda: torch.ones(2), (2,))
    out.close()


if __name__ == "__main__":
    main()
