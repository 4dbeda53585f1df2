"""Loads a checkpoint with transformers' class for hearing and answering, and holds what it says against `repro ask`.

    load_checkpoint.py FOLDER ASKED [SOUND]

ASKED is what `repro ask --json --log-probabilities` printed; SOUND the clip it was asked about, mono, 16 bit, 16 kHz.
Prints one JSON object: tensors that had to be made up (missing), of another shape (mismatched), of no use (unexpected),
the element type, the tokens of the answer, and how far their log-probabilities are apart. Vision tensors are expected too.
"""
import json
import logging
import os
import sys
import wave

os.environ["HF_HUB_OFFLINE"] = "1"
logging.disable(logging.WARNING)
import torch
import transformers

folder, asked = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
with open(folder + "/config.json", encoding="utf-8") as file:
    kind = json.load(file)["model_type"]
name = "Qwen2AudioForConditionalGeneration" if kind == "qwen2_audio" else "Qwen2_5OmniThinkerForConditionalGeneration"
model, loading = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
model = model.float().eval()
more = {}
if len(sys.argv) > 3:
    with wave.open(sys.argv[3]) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16000, 1, 2)
        samples = torch.frombuffer(bytearray(sound.readframes(sound.getnframes())), dtype=torch.int16).double() / 32768
    heard = transformers.WhisperFeatureExtractor.from_pretrained(folder)(
        samples.numpy(), sampling_rate=16000, return_attention_mask=True, padding="max_length", return_tensors="pt")
    more = {"input_features": heard["input_features"].float(), "feature_attention_mask": heard["attention_mask"]}
prompt, tokens, ours = asked["prompt"], asked["tokens"], asked["log_probabilities"]
ids = torch.tensor([prompt + tokens])
with torch.no_grad():
    logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), **more).logits[0].double()
scores = torch.log_softmax(logits, -1)
theirs = [scores[len(prompt) + i - 1, token].item() for i, token in enumerate(tokens)]
print(json.dumps({
    "class": name,
    "missing": sorted(map(str, loading["missing_keys"])),
    "mismatched": sorted(map(str, loading["mismatched_keys"])),
    "unexpected": sorted(map(str, loading["unexpected_keys"])),
    "type": str(next(model.parameters()).dtype),
    "sound_frames": int(more["feature_attention_mask"].sum()) if more else 0,
    "tokens": len(tokens),
    "largest_difference": max(abs(a - b) for a, b in zip(ours, theirs)),
}))
