"""transformers: training_args.bin, as Trainer saves it."""

import torch
import transformers

import writer


def main():
    out = writer.Writer("transformers", "transformers")
    for name, options in {
        "default": {},
        "eval": {"eval_steps": 5, "save_steps": 10, "logging_steps": 1},
        "half": {"bf16": False, "seed": 3},
        "cosine": {"lr_scheduler_type": "cosine", "warmup_steps": 3},
    }.items():

        def save(path, options=options):
            arguments = transformers.TrainingArguments(output_dir="out", report_to=[], **options)
            torch.save(arguments, path)

        out.save("training-args-" + name + ".pt", save)

    def save_seq2seq(path):
        torch.save(transformers.Seq2SeqTrainingArguments(output_dir="out", report_to=[]), path)

    out.save("training-args-seq2seq.pt", save_seq2seq)
    out.close()


if __name__ == "__main__":
    main()
