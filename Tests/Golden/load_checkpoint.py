"""Loads a checkpoint with transformers' class for hearing and answering, and says what became of every tensor.

    load_checkpoint.py FOLDER PROMPT [TOKEN ...]

Prints one JSON object: tensors that had to be made up (missing), of another shape (mismatched), the element type, and
the log-probability of each of the given tokens behind the prompt. Vision tensors are expected too.
"""
import json
import logging
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
logging.disable(logging.WARNING)
import torch
import transformers
from transformers import AutoTokenizer

folder, prompt, tokens = sys.argv[1], sys.argv[2], [int(token) for token in sys.argv[3:]]
with open(folder + "/config.json", encoding="utf-8") as file:
    kind = json.load(file)["model_type"]
name = "Qwen2AudioForConditionalGeneration" if kind == "qwen2_audio" else "Qwen2_5OmniThinkerForConditionalGeneration"
model, loading = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
ids = AutoTokenizer.from_pretrained(folder)(prompt, add_special_tokens=False)["input_ids"]
with torch.no_grad():
    logits = model(input_ids=torch.tensor([ids + tokens])).logits[0].double()
scores = torch.log_softmax(logits, -1)
print(json.dumps({
    "class": name,
    "missing": sorted(map(str, loading["missing_keys"])),
    "mismatched": sorted(map(str, loading["mismatched_keys"])),
    "unexpected": sorted(map(str, loading["unexpected_keys"])),
    "type": str(next(model.parameters()).dtype),
    "prompt_tokens": len(ids),
    "log_probabilities": [scores[len(ids) + i - 1, token].item() for i, token in enumerate(tokens)],
}))
