#!/usr/bin/env python3
"""Makes the parity fixtures from a seed: tiny checkpoints in the published layouts, inputs, and the numbers that PyTorch,
transformers, tokenizers, soxr and libsndfile compute from them on the CPU.

    python3 -m venv .venv && .venv/bin/pip install -r Tests/Fixtures/requirements.txt
    .venv/bin/python Tests/Fixtures/make-fixtures.py Tests/Fixtures/small        # the committed set
    .venv/bin/python Tests/Fixtures/make-fixtures.py --check Tests/Fixtures/small
    .venv/bin/python Tests/Fixtures/make-fixtures.py --seed 7 --shape wide wide-fixtures
    REPRO_FIXTURES=$PWD/wide-fixtures ./repro test --filter Parity

Tests take shapes, lengths, token ids and which tensors there are from the files; README.md here says what each holds.
"""
import argparse
import json
import math
import os
import struct
import sys
import tempfile
import zlib
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import soundfile
import soxr
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoConfig,
    LogitsProcessorList,
    Qwen2_5OmniThinkerForConditionalGeneration,
    Qwen2AudioForConditionalGeneration,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    WhisperFeatureExtractor,
)
from transformers import logging as transformers_logging

transformers_logging.set_verbosity_error()

RATE = 16000
# Log-probabilities, gradients and losses are those of one group of four completions.
GROUP, BETA, EPSILON, LONGEST = 4, 0.04, 0.2, 16
# Rows of logits stored whole, from the end of each prompt.
TAIL = 4
NEW_TOKENS = 8

SHAPES = {
    # As small as all paths allow; the decoder of Omni has tied embeddings, and the second prompt of GRPO has sound.
    "small": dict(
        merges=24, vocabulary=304, tower=8, tower_heads=2, tower_layers=2, tower_inner=16, window=10, hidden=16, heads=2,
        omni_kv=1, audio_kv=2, layers=2, inner=24, mrope=[1, 1, 2], tied=True, second_has_audio=True, seconds=1,
        lengths=dict(plain=2880, odd=2081, exact=6400, pair=(2400, 1777), mixed=2000, two=(1600, 1122), cut=16500),
    ),
    # Wider than a vector register in every direction, untied, and the second prompt of GRPO is text.
    "wide": dict(
        merges=700, vocabulary=1040, tower=48, tower_heads=4, tower_layers=2, tower_inner=96, window=50, hidden=64, heads=4,
        omni_kv=2, audio_kv=4, layers=3, inner=112, mrope=[2, 3, 3], tied=False, second_has_audio=False, seconds=6,
        lengths=dict(plain=48000, odd=16161, exact=32000, pair=(48000, 20333), mixed=30000, two=(16000, 9999), cut=100000),
    ),
}

SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>", "<|box_end|>",
    "<|vision_bos|>", "<|vision_eos|>", "<|vision_pad|>", "<|IMAGE|>", "<|VIDEO|>",
]
OMNI_SYSTEM = (
    "You are Qwen, a virtual human developed by the Qwen Team, Alibaba Group, capable of perceiving auditory and visual "
    "inputs, as well as generating text and speech."
)
AUDIO_SYSTEM = "You are a helpful assistant."
# The published pre-tokenizer of Qwen2.
PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QUESTIONS = [
    ("Which bell is struck first?", ["the low one", "the high one", "neither"]),
    ("What is heard behind the speaker?", ["rain", "an engine", "a crowd", "wind"]),
    ("How often does the dog bark?", ["once", "twice", "four times"]),
]
TEXTS = [
    "", " ", "   ", "\n", "\r\n", "\t x", " \n \n ", "a  b   c", "Bells ring twice.", "I'm sure they'll say it's HE'D", "x's y'd",
    "1234567890", "3.14 + 1e-5 = ?", "٣٤٥ ½ Ⅳ ²³", "你好，世界！", "かな と カナ", "한국어 문장", "Größe über Straße", "cafe\u0301 café",
    "A\u030a \u212b \u00c5", "\u1100\u1161\u11a8", "か\u3099", "a\u0323\u0307", "a\u0307\u0323", "\uf900 \ufb01 \uff21", "नमस्ते", "مرحبا",
    "👩‍👩‍👧‍👦 🇫🇷 👍🏽", "\u00a0\u3000\u2003\u200b", "\u2028\u2029\u0085", "\x00\x01\x7f", "\U0010ffff\ue000\ufffd", "<|im_start|>user\nhi<|im_end|>\n",
    "a<|im_end|>b", "<|AUDIO", "<|audio_bos|><|AUDIO|><|audio_eos|>What?", "<tool_call>{}</tool_call>", "<answer>rain</answer>",
    "['rain', 'wind']", "...\n\n", "!!!\r\n?", "zzzzzzzzzzzz", "ababababab", "The the tHe", "ʼn ŉ ß ẞ İ ı ǅ", "㎏ ㈱ ﷺ", "don’t", "'ſ x",
]


def random(seed, *names):
    """A generator of its own for everything that has a name: nothing depends on the order in which things are made."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, names)).encode())])


# ---------------------------------------------------------------------------------------------------------------- files


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_tensors(path, tensors):
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {name: torch.as_tensor(value).detach().clone().contiguous() for name, value in sorted(tensors.items())}
    save_file(kept, str(path), metadata={"format": "pt"})


def write_wave(path, channels, rate=RATE, kind="pcm_16"):
    """A RIFF file of float samples [frames, channels], written here so that its bytes are the same every time."""
    scaled = {
        "pcm_u8": (1, 8, lambda v: np.clip(np.round(v * 127) + 128, 0, 255).astype("u1").tobytes()),
        "pcm_16": (1, 16, lambda v: np.round(v * 32767).astype("<i2").tobytes()),
        "pcm_24": (1, 24, lambda v: b"".join(struct.pack("<i", int(n))[:3] for n in np.round(v * 8388607))),
        "pcm_32": (1, 32, lambda v: np.round(v.astype(np.float64) * 2147483000).astype("<i4").tobytes()),
        "float": (3, 32, lambda v: v.astype("<f4").tobytes()),
        "double": (3, 64, lambda v: v.astype("<f8").tobytes()),
    }
    code, bits, encode = scaled[kind]
    values = np.asarray(channels, dtype=np.float64)
    count = 1 if values.ndim == 1 else values.shape[1]
    data = encode(values.reshape(-1))
    block = count * bits // 8
    chunk = b"fmt " + struct.pack("<IHHIIHH", 16, code, count, rate, rate * block, block, bits)
    body = b"WAVE" + chunk + b"data" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    back, _ = soundfile.read(str(path), dtype="float32", always_2d=True)
    return back


def sound(seed, name, count, rate=RATE):
    """A tone that glides, a pulse train and noise; what they weigh follows from the name."""
    numbers = random(seed, "sound", name)
    time = np.arange(count) / rate
    low, high, pulse = numbers.uniform(80, 400), numbers.uniform(800, 6000), numbers.uniform(4, 30)
    glide = np.sin(2 * np.pi * (low * time + (high - low) * time**2 / 2))
    beats = np.sign(np.sin(2 * np.pi * pulse * time)) * 0.5 + 0.5
    value = 0.4 * beats * glide + 0.05 * numbers.standard_normal(count) + 0.2 * np.sin(2 * np.pi * 2.5 * high / 3 * time)
    return np.clip(value, -1, 1).astype(np.float32)


# ------------------------------------------------------------------------------------------------------------ tokenizer


def make_tokenizer(shape):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False, use_regex=False)
    said = [OMNI_SYSTEM, AUDIO_SYSTEM, "system user assistant"] + TEXTS + [q + str(c) for q, c in QUESTIONS]
    trainer = trainers.BpeTrainer(
        vocab_size=256 + shape["merges"], min_frequency=1, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(said * 2, trainer)
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in ("<tool_call>", "</tool_call>")])
    assert tokenizer.get_vocab_size() <= shape["vocabulary"]
    return tokenizer


def write_tokenizer(tokenizer, folder, older):
    folder.mkdir(parents=True, exist_ok=True)
    specification = json.loads(tokenizer.to_str())
    compact = json.dumps(specification, ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(compact + "\n", encoding="utf-8")
    added = specification["added_tokens"]
    keys = ("content", "lstrip", "normalized", "rstrip", "single_word", "special")
    write_json(
        folder / "tokenizer_config.json",
        {
            "add_prefix_space": False, "tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>", "added_tokens_decoder": {str(a["id"]): {k: a[k] for k in keys} for a in added},
        },
    )
    if older:
        merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in specification["model"]["merges"]]
        (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
        vocabulary = json.dumps(specification["model"]["vocab"], ensure_ascii=False)
        (folder / "vocab.json").write_text(vocabulary + "\n", encoding="utf-8")
        write_json(folder / "added_tokens.json", {a["content"]: a["id"] for a in added})


def prompt_text(kind, clips, question, system):
    heard = "".join(
        ("" if kind == "omni" else f"Audio {n + 1}: ") + "<|audio_bos|><|AUDIO|><|audio_eos|>" + ("" if kind == "omni" else "\n")
        for n in range(clips)
    )
    return (
        f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{heard}{question}<|im_end|>\n<|im_start|>assistant\n"
    )


def question_text(index):
    question, choices = QUESTIONS[index % len(QUESTIONS)]
    listed = "[" + ", ".join(f"'{choice}'" for choice in choices) + "]"
    return f"{question} Please choose the answer from the following options: {listed}."


def class_ranges():
    """Code points of the classes that the pre-tokenizer's expression names, as the regular-expression engine sees them."""
    points = [point for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF]
    text = "".join(map(chr, points))
    place = {point: index for index, point in enumerate(points)}
    ranges = {}
    for name, expression in (("letter", r"\p{L}"), ("number", r"\p{N}"), ("space", r"\s")):
        others = pre_tokenizers.Split(Regex(expression), behavior="removed").pre_tokenize_str(text)
        inside = np.ones(len(points), dtype=bool)
        for _, (start, end) in others:
            inside[start:end] = False
        found = []
        for index in np.flatnonzero(inside):
            point = points[index]
            if found and found[-1][1] == point - 1:
                found[-1][1] = point
            else:
                found.append([point, point])
        ranges[name] = found
    assert place[0x41] == 0x41
    return ranges


def tokenizer_cases(tokenizer, seed, out):
    ids_of = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    numbers = random(seed, "texts")
    alphabet = sorted(set("".join(TEXTS)))
    texts = TEXTS + [
        "".join(alphabet[n] * int(numbers.integers(1, 4)) for n in numbers.integers(0, len(alphabet), numbers.integers(1, 16)))
        for _ in range(40)
    ]
    def decoded(ids):
        return dict(
            ids=ids, decoded=tokenizer.decode(ids, skip_special_tokens=False),
            decoded_skip_special=tokenizer.decode(ids, skip_special_tokens=True))
    size = tokenizer.get_vocab_size()
    loose = [[int(n) for n in numbers.integers(0, size, numbers.integers(1, 12))] for _ in range(40)]
    chats = []
    for kind, name in (("omni", "qwen2_5_omni"), ("audio", "qwen2_audio")):
        for clips in range(3):
            system, question = (OMNI_SYSTEM, AUDIO_SYSTEM)[clips % 2], question_text(clips)
            text = prompt_text(kind, clips, question, system)
            chats.append(dict(
                kind=name, audios=clips, system=system, user_text=question, prompt=text, ids_before_expansion=ids_of(text)))
    write_json(out / "cases.json", dict(
        encode=[dict(text=text, **decoded(ids_of(text))) for text in dict.fromkeys(texts)],
        decode=[decoded(ids) for ids in loose], chat=chats))
    classes = json.dumps(class_ranges(), separators=(",", ":"))
    (out / "char_classes.json").write_text(classes + "\n", encoding="utf-8")


# ---------------------------------------------------------------------------------------------------------- checkpoints


def omni_config(s, ids):
    audio = dict(
        model_type="qwen2_5_omni_audio_encoder", d_model=s["tower"], encoder_attention_heads=s["tower_heads"],
        encoder_ffn_dim=s["tower_inner"], encoder_layers=s["tower_layers"], num_hidden_layers=s["tower_layers"],
        max_source_positions=1500, n_window=s["window"], num_mel_bins=128, output_dim=s["hidden"], activation_function="gelu",
        scale_embedding=False, dropout=0.0, attention_dropout=0.0, activation_dropout=0.0)
    text = dict(
        model_type="qwen2_5_omni_text", hidden_size=s["hidden"], intermediate_size=s["inner"], num_hidden_layers=s["layers"],
        num_attention_heads=s["heads"], num_key_value_heads=s["omni_kv"], max_position_embeddings=32768, rms_norm_eps=1e-6,
        hidden_act="silu", rope_theta=1000000.0, vocab_size=s["vocabulary"], tie_word_embeddings=s["tied"],
        rope_scaling=dict(mrope_section=s["mrope"], rope_type="default", type="default"), use_sliding_window=False,
        sliding_window=32768, max_window_layers=s["layers"], attention_dropout=0.0)
    vision = dict(
        model_type="qwen2_5_omni_vision_encoder", depth=1, embed_dim=8, hidden_size=8, intermediate_size=8, num_heads=2,
        out_hidden_size=s["hidden"], patch_size=2, spatial_merge_size=2, temporal_patch_size=2, window_size=8,
        fullatt_block_indexes=[0], in_channels=3, in_chans=3, spatial_patch_size=2)
    thinker = dict(
        architectures=["Qwen2OmniNaViTThinkerForConditionalGeneration"], model_type="qwen2_5_omni_thinker", audio_config=audio,
        text_config=text, vision_config=vision, audio_token_index=ids["<|AUDIO|>"], audio_start_token_id=ids["<|audio_bos|>"],
        audio_end_token_id=ids["<|audio_eos|>"], image_token_index=ids["<|IMAGE|>"], video_token_index=ids["<|VIDEO|>"],
        vision_start_token_id=ids["<|vision_bos|>"], vision_end_token_id=ids["<|vision_eos|>"],
        vision_token_id=ids["<|vision_pad|>"], bos_token_id=ids["<|im_start|>"], eos_token_id=ids["<|im_end|>"],
        pad_token_id=ids["<|endoftext|>"], position_id_per_seconds=25, seconds_per_chunk=2, user_token_id=1,
        tie_word_embeddings=s["tied"])
    return dict(
        architectures=["Qwen2_5OmniModel"], model_type="qwen2_5_omni", enable_audio_output=False, enable_talker=False,
        thinker_config=thinker, torch_dtype="float32")


def audio_config(s, ids):
    audio = dict(
        model_type="qwen2_audio_encoder", num_mel_bins=128, d_model=s["tower"], encoder_layers=s["tower_layers"],
        encoder_attention_heads=s["tower_heads"], encoder_ffn_dim=s["tower_inner"], max_source_positions=50 * s["seconds"],
        activation_function="gelu", scale_embedding=False, dropout=0.0, attention_dropout=0.0, activation_dropout=0.0,
        encoder_layerdrop=0.0)
    text = dict(
        model_type="qwen2", hidden_size=s["hidden"], intermediate_size=s["inner"], num_hidden_layers=s["layers"],
        num_attention_heads=s["heads"], num_key_value_heads=s["audio_kv"], max_position_embeddings=8192, rms_norm_eps=1e-5,
        rope_theta=10000.0, vocab_size=s["vocabulary"], bos_token_id=ids["<|endoftext|>"], eos_token_id=ids["<|im_end|>"],
        sliding_window=32768)
    return dict(
        architectures=["Qwen2AudioForConditionalGeneration"], model_type="qwen2_audio", audio_config=audio, text_config=text,
        audio_token_index=ids["<|AUDIO|>"], vocab_size=s["vocabulary"], torch_dtype="float32")


def published(kind, name):
    """The name a tensor has in the published checkpoints."""
    if name == "lm_head.weight":
        return "thinker.lm_head.weight" if kind == "omni" else "language_model.lm_head.weight"
    inner = name.removeprefix("model.")
    if inner.startswith("language_model."):
        rest = inner.removeprefix("language_model.")
        return ("thinker.model." if kind == "omni" else "language_model.model.") + rest
    return "thinker." + inner if kind == "omni" else inner


def weight(seed, name, size, ids, used):
    """Values that keep activations near one and let every tensor count."""
    numbers = random(seed, name).standard_normal(size)
    if name.endswith("bias"):
        return 0.1 * numbers
    if len(size) == 1:
        return 1 + 0.1 * numbers
    if "embed_positions" in name:
        return 0.5 * numbers
    if "embed_tokens" in name or "lm_head" in name:
        value = (0.8 if "embed_tokens" in name else 2 / math.sqrt(size[1])) * numbers
        # Ids that no text has are never drawn greedily.
        value[[ids["<|AUDIO|>"], ids["<|IMAGE|>"], ids["<|VIDEO|>"]]] = 0
        value[used:] = 0
        return value
    gain = 1.4 if "q_proj" in name or "k_proj" in name else 1
    return gain / math.sqrt(np.prod(size[1:])) * numbers


class Checkpoint:
    """A model of transformers, its tensors under their published names, and the folder they stand in."""

    def __init__(self, kind, s, seed, tokenizer, root):
        self.kind, self.tokenizer, self.root = kind, tokenizer, root
        self.ids = {text: tokenizer.token_to_id(text) for text in SPECIAL}
        self.name = "omni" if kind == "omni" else "qwen2_audio"
        self.seconds = 300 if kind == "omni" else s["seconds"]
        self.config = omni_config(s, self.ids) if kind == "omni" else audio_config(s, self.ids)
        self.folder = root / "checkpoints" / self.name
        self.side_files(self.folder, self.config, older=True)
        shell = self.shell()
        # What the engine reads, and what it leaves alone: that stands in the sharded checkpoint only.
        self.tensors, self.unread = {}, {}
        tied = kind == "omni" and s["tied"]
        for name, value in shell.state_dict().items():
            if tied and name == "lm_head.weight":
                continue
            full = published(kind, name)
            made = weight(seed, full, tuple(value.shape), self.ids, tokenizer.get_vocab_size())
            kept = self.unread if "visual." in name or "audio_bos_eos_token" in name else self.tensors
            kept[full] = torch.from_numpy(np.asarray(made, dtype=np.float32))
        write_tensors(self.folder / "model.safetensors", self.tensors)

    def side_files(self, folder, config, older=False, reads=True):
        write_json(folder / "config.json", config)
        if reads:
            write_tokenizer(self.tokenizer, folder, older)
            eos = [self.ids["<|endoftext|>"], self.ids["<|im_end|>"]]
            write_json(folder / "generation_config.json", dict(eos_token_id=eos, pad_token_id=eos[0], do_sample=False))
            write_json(folder / "preprocessor_config.json", dict(
                chunk_length=self.seconds, feature_extractor_type="WhisperFeatureExtractor", feature_size=128, hop_length=160,
                n_fft=400, n_samples=self.seconds * RATE, nb_max_frames=self.seconds * 100, padding_side="right",
                padding_value=0.0, dither=0.0, return_attention_mask=True, sampling_rate=RATE))

    def shell(self):
        config = AutoConfig.from_pretrained(str(self.folder))
        if self.kind == "omni":
            config = config.thinker_config
            made = Qwen2_5OmniThinkerForConditionalGeneration._from_config(config, attn_implementation="eager")
        else:
            made = Qwen2AudioForConditionalGeneration._from_config(config, attn_implementation="eager")
        return made.eval()

    def model(self, tensors=None, kind=torch.float32):
        """The model with the given tensors over its own."""
        made = self.shell()
        own = {**self.tensors, **(tensors or {})}
        with torch.no_grad():
            for name, value in made.named_parameters():
                if published(self.kind, name) in own:
                    value.copy_(own[published(self.kind, name)].float())
        return made.to(kind)

    def rounded(self):
        return {name: value.to(torch.bfloat16) for name, value in self.tensors.items()}

    def write_rounded(self):
        folder = self.root / "checkpoints" / (self.name + "_bf16")
        config = json.loads(json.dumps(self.config).replace('"float32"', '"bfloat16"'))
        self.side_files(folder, config, reads=False)
        write_tensors(folder / "model.safetensors", self.rounded())

    def write_sharded(self, count=3):
        """The same tensors in shards, with tensors of parts that are not read beside them."""
        folder = self.root / "checkpoints" / (self.name + "_sharded")
        self.side_files(folder, self.config, older=True)
        speech = {f"{part}.weight": torch.ones(4) for part in ("talker.model.norm", "token2wav.head")}
        every = {**self.tensors, **self.unread, **speech}
        names = sorted(every)
        places = {}
        for shard in range(count):
            own = names[shard * len(names) // count : (shard + 1) * len(names) // count]
            file = f"model-{shard + 1:05d}-of-{count:05d}.safetensors"
            write_tensors(folder / file, {name: every[name] for name in own})
            places.update(dict.fromkeys(own, file))
        size = sum(value.numel() * 4 for value in every.values())
        write_json(folder / "model.safetensors.index.json", dict(metadata=dict(total_size=size), weight_map=places))


# ---------------------------------------------------------------------------------------------------------------- cases


def log_mel(samples, seconds):
    extractor = WhisperFeatureExtractor(
        feature_size=128, sampling_rate=RATE, hop_length=160, chunk_length=seconds, n_fft=400, dither=0.0)
    made = extractor([samples], sampling_rate=RATE, padding="max_length", return_attention_mask=True, return_tensors="pt")
    return made["input_features"][0], int(made["attention_mask"][0].sum())


class Batch:
    """Prompts with their sounds, tokens expanded and padded on the left."""

    def __init__(self, checkpoint, name, lengths, seed, folder):
        self.checkpoint = checkpoint
        self.system = OMNI_SYSTEM if checkpoint.kind == "omni" else AUDIO_SYSTEM
        self.prompts, self.mels, self.frames, self.owners, self.files, rows = [], [], [], [], [], []
        first = zlib.crc32(name.encode())
        for row, own in enumerate(lengths):
            for count in own:
                samples = sound(seed, f"{checkpoint.name} {name} {len(self.mels)}", count)
                file = f"audio_{len(self.mels)}.wav"
                # A whole question can be asked of one clip; of several the features are enough.
                heard = write_wave(folder / file, samples)[:, 0]
                if len(lengths) > 1 or len(own) > 1 or name.startswith("grpo"):
                    (folder / file).unlink()
                mel, frames = log_mel(heard, checkpoint.seconds)
                self.mels.append(mel)
                self.frames.append(frames)
                self.files.append(file)
                self.owners.append(row)
            self.prompts.append(prompt_text(checkpoint.kind, len(own), question_text(first + row), self.system))
        self.counts = [((frames - 1) // 2 + 1 - 2) // 2 + 1 for frames in self.frames]
        left = iter(self.counts)
        for text in self.prompts:
            ids = checkpoint.tokenizer.encode(text, add_special_tokens=False).ids
            rows.append([t for i in ids for t in ([i] * next(left) if i == checkpoint.ids["<|AUDIO|>"] else [i])])
        width = max(map(len, rows))
        self.pad = checkpoint.ids["<|endoftext|>"]
        self.ids = torch.tensor([[self.pad] * (width - len(row)) + row for row in rows])
        self.mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])

    def inputs(self, completions=None, mask=None, repeats=1):
        """What the model is called with: the prompts, each `repeats` times, with completions behind them."""
        ids, attention = self.ids.repeat_interleave(repeats, 0), self.mask.repeat_interleave(repeats, 0)
        if completions is not None:
            ids, attention = torch.cat([ids, completions], 1), torch.cat([attention, mask], 1)
        made = dict(input_ids=ids, attention_mask=attention)
        if self.mels:
            longest = max(self.frames) if self.checkpoint.kind == "omni" else self.mels[0].shape[1]
            made["input_features"] = torch.stack([mel[:, :longest] for mel in self.mels]).repeat_interleave(repeats, 0)
            valid = [[1] * frames + [0] * (longest - frames) for frames in self.frames]
            made["feature_attention_mask"] = torch.tensor(valid).repeat_interleave(repeats, 0)
        return made

    def alone(self, row):
        """One prompt of the batch, without padding: in Float64 the padding of transformers makes numbers that are none."""
        made = object.__new__(Batch)
        own = [n for n, owner in enumerate(self.owners) if owner == row]
        made.checkpoint, made.mels, made.frames = self.checkpoint, [self.mels[n] for n in own], [self.frames[n] for n in own]
        made.ids = self.ids[row : row + 1, self.mask[row].bool()]
        made.mask = torch.ones_like(made.ids)
        return made

    def logits(self, model, **more):
        made = self.inputs(**more)
        if self.checkpoint.kind != "omni":
            positions = made["attention_mask"].cumsum(-1) - 1
            made["position_ids"] = positions.masked_fill(made["attention_mask"] == 0, 1)
        if "input_features" in made:
            made["input_features"] = made["input_features"].to(model.dtype)
        return model(**made).logits


def finished_mask(completions, ends):
    """One up to and including the first end token."""
    found = torch.isin(completions, torch.tensor(ends)).long()
    return ((found.cumsum(1) - found) == 0).long()


def write_case(checkpoint, name, lengths, seed, tag="fp32", ends=None, tensors=None, stores_inputs=True):
    folder = checkpoint.root / checkpoint.name / name
    batch = Batch(checkpoint, name, lengths, seed, folder)
    ends = ends or [checkpoint.ids["<|im_end|>"], checkpoint.ids["<|endoftext|>"]]
    model = checkpoint.model(tensors)
    embedded = {}
    hook = model.model.language_model.register_forward_pre_hook(
        lambda module, arguments, named: embedded.update(value=named["inputs_embeds"]), with_kwargs=True)
    with torch.no_grad():
        logits = batch.logits(model)
        hook.remove()
        exact = checkpoint.model(tensors, torch.float64)
        wide = [batch.alone(row).logits(exact)[0] for row in range(len(lengths))]
        new = model.generate(
            **batch.inputs(), do_sample=False, max_new_tokens=NEW_TOKENS, eos_token_id=ends, pad_token_id=batch.pad,
            num_beams=1, repetition_penalty=1.0)[:, batch.ids.shape[1] :]
    keep = batch.mask.bool()
    mask = finished_mask(new, ends)
    noise = max(float((logits[row, keep[row]].double() - wide[row]).abs().max()) for row in range(len(lengths)))
    with torch.no_grad():
        spoken = batch.logits(model, completions=new, mask=mask)[:, batch.ids.shape[1] - 1 : -1]
    two = torch.log_softmax(spoken, -1).topk(2, -1).values
    gap = float((two[..., 0] - two[..., 1])[mask.bool()].min())
    assert gap > 100 * noise, f"{folder}: greedy decoding is a close call ({gap}, noise {noise}); take another seed"
    expected = dict(
        logits_tail=logits[:, -TAIL:] * keep[:, -TAIL:, None], logits_argmax=logits.argmax(-1),
        logits_logsumexp=logits.logsumexp(-1) * keep, generated_ids=new, generated_mask=mask)
    if batch.mels:
        expected["audio_embeddings"] = embedded["value"][batch.ids == checkpoint.ids["<|AUDIO|>"]]
    write_tensors(folder / f"expected_{tag}.safetensors", expected)
    meta = dict(
        dtype=tag, prompts=batch.prompts, system=batch.system, audio_files=batch.files, audio_owner=batch.owners,
        mel_frames=batch.frames, audio_tokens=batch.counts, eos_token_ids=ends, pad_token_id=batch.pad,
        max_new_tokens=NEW_TOKENS, generated_ids=new.tolist(),
        generated_text=[
            checkpoint.tokenizer.decode([t for t, m in zip(row, own) if m], skip_special_tokens=True)
            for row, own in zip(new.tolist(), mask.tolist())
        ],
        min_top1_top2_logprob_gap=gap, fp32_vs_fp64_logits_max_abs_diff=noise)
    inputs = dict(input_ids=batch.ids, attention_mask=batch.mask)
    for index, (mel, frames) in enumerate(zip(batch.mels, batch.frames)):
        # Qwen2-Audio hears its padding: the first padded frames, and the constant that the others are.
        stored = frames if checkpoint.kind == "omni" else min(mel.shape[1], frames + 4)
        inputs[f"mel_{index}"] = mel[:, :stored]
        if checkpoint.kind != "omni" and stored < mel.shape[1]:
            tail = mel[:, stored:]
            assert float(tail.min()) == float(tail.max())
            meta.setdefault("mel_tail_value", {})[str(index)] = float(tail.min())
    write_json(folder / f"meta_{tag}.json", meta)
    if stores_inputs:
        write_tensors(folder / "inputs.safetensors", inputs)
    return new


def write_cases(checkpoint, s, seed):
    lengths = s["lengths"]
    pair, two = [[n] for n in lengths["pair"]], [list(lengths["two"])]
    cases = dict(plain=[[lengths["plain"]]], no_audio=[[]], batch2_audio=pair, two_audios=two)
    if checkpoint.kind == "omni":
        cases.update(exact_chunk=[[lengths["exact"]]], odd_frames=[[lengths["odd"]]], batch2_mixed=[[lengths["mixed"]], []])
    else:
        cases["audio_truncated"] = [[lengths["cut"]]]
    for name, own in cases.items():
        write_case(checkpoint, name, own, seed)
    write_case(checkpoint, "plain", cases["plain"], seed, "bf16w_fp32", tensors=checkpoint.rounded(), stores_inputs=False)
    # A token that greedy decoding says ends the completion, so that those of a batch end at different steps.
    said = write_case(checkpoint, "batch2_audio", pair, seed)
    early = [int(said[0][2]), checkpoint.ids["<|im_end|>"]]
    write_case(checkpoint, "batch2_audio", pair, seed, "fp32_early_stop", ends=early, stores_inputs=False)


# ----------------------------------------------------------------------------------------------------------------- GRPO


def token_log_probabilities(model, batch, completions, mask, temperature=1.0):
    width = batch.ids.shape[1]
    logits = batch.logits(model, completions=completions, mask=mask, repeats=GROUP)[:, width - 1 : -1] / temperature
    return torch.log_softmax(logits, -1).gather(-1, completions[..., None])[..., 0]


def advantages(rewards, scales=True):
    rewards = torch.tensor(rewards, dtype=torch.float32)
    centred = rewards - rewards.mean()
    return centred / (rewards.std() + 1e-4) if scales else centred


def terms(now, old, reference, gains):
    """Per token: the clipped objective with its KL penalty (k3), the KL alone, and whether the clip holds."""
    ratio = torch.exp(now - old)
    free, held = ratio * gains[:, None], ratio.clamp(1 - EPSILON, 1 + EPSILON) * gains[:, None]
    kl = torch.exp(reference - now) - (reference - now) - 1
    return BETA * kl - torch.minimum(free, held), kl, held < free


def reduced(values, mask, kind):
    weights = mask.float()
    if kind == "grpo":
        return ((values * weights).sum(1) / weights.sum(1)).mean()
    return (values * weights).sum() / (weights.sum() if kind == "bnpo" else values.shape[0] * LONGEST)


class Policy:
    """A fresh policy under AdamW, its gradients under the published names."""

    def __init__(self, checkpoint, rate, decay):
        self.model = checkpoint.model()
        self.named = [
            (published("omni", name), value) for name, value in self.model.named_parameters()
            if published("omni", name) in checkpoint.tensors
        ]
        self.optimizer = torch.optim.AdamW([v for _, v in self.named], lr=rate, eps=1e-8, weight_decay=decay, foreach=False)

    def gradients(self):
        return {name: value.grad.detach().clone() for name, value in self.named if value.grad is not None}

    def norm(self):
        return float(sum((value.double() ** 2).sum() for value in self.gradients().values()).sqrt())

    def step(self):
        torch.nn.utils.clip_grad_norm_([value for _, value in self.named], 1.0)
        touched = self.gradients()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return {name: value.detach().clone() for name, value in self.named if name in touched}


class Group:
    """One prompt, four completions of given lengths, rewards; the longest has no end token."""

    def __init__(self, checkpoint, name, samples, lengths, rewards, seed, folder):
        self.batch = Batch(checkpoint, "grpo " + name, [samples], seed, folder)
        end = checkpoint.ids["<|im_end|>"]
        numbers = random(seed, "completions", name)
        rows = []
        for length in lengths:
            row = [int(n) for n in numbers.integers(0, checkpoint.ids["<|endoftext|>"], length)]
            if length < max(lengths):
                row[-1] = end
            rows.append(row + [self.batch.pad] * (max(lengths) - length))
        self.completions = torch.tensor(rows)
        self.mask = finished_mask(self.completions, [end])
        self.rewards, self.gains = rewards, advantages(rewards)

    def scores(self, model, temperature=1.0):
        return token_log_probabilities(model, self.batch, self.completions, self.mask, temperature)

    def tensors(self, now, reference):
        made = dict(
            prompt_ids=self.batch.ids, completion_ids=self.completions, completion_mask=self.mask,
            rewards=torch.tensor(self.rewards), advantages=self.gains, policy_logps=now * self.mask,
            ref_logps=reference * self.mask)
        if self.batch.mels:
            made["mel"] = self.batch.mels[0][:, : self.batch.frames[0]]
        return made


def per_tensor(gradients):
    return {name: float(value.double().norm()) for name, value in gradients.items()}


def write_grpo(checkpoint, s, seed):
    out, lengths = checkpoint.root / "grpo", s["lengths"]
    end = checkpoint.ids["<|im_end|>"]
    moved = {}
    for name, value in checkpoint.tensors.items():
        if "embed_tokens" in name or "lm_head" in name:
            continue
        noise = random(seed, "reference", name).standard_normal(tuple(value.shape)).astype(np.float32)
        moved[name] = value + 0.03 * value.abs().mean() * torch.from_numpy(noise)
    write_tensors(out / "reference_model.safetensors", moved)
    reference = checkpoint.model(moved)
    first = Group(checkpoint, "first", [lengths["plain"]], [3, 7, 5, 6], [1.0, 0.0, 0.0, 1.0], seed, out)
    second_sound = [lengths["mixed"]] if s["second_has_audio"] else []
    second = Group(checkpoint, "second", second_sound, [4, 2, 6, 3], [1.0, 1.0, 1.0, 0.0], seed, out)
    with torch.no_grad():
        theirs, theirs_warm = first.scores(reference), first.scores(reference, 1.2)
        second_theirs = second.scores(reference)

    # One step on the policy's own completions.
    policy = Policy(checkpoint, 1e-3, 0.0)
    now = first.scores(policy.model)
    values, kl, _ = terms(now, now.detach(), theirs, first.gains)
    with torch.no_grad():
        warm = first.scores(policy.model, 1.2)
        warm_values, _, _ = terms(warm, warm, theirs_warm, first.gains)
    kinds = ("grpo", "bnpo", "dr_grpo")
    case1 = dict(
        group_size=GROUP, beta=BETA, epsilon=EPSILON, rewards=first.rewards, eos_token_id=end,
        max_completion_length_for_dr_grpo=LONGEST, loss={k: float(reduced(values.detach(), first.mask, k)) for k in kinds},
        loss_with_logps_at_T1_2={k: float(reduced(warm_values, first.mask, k)) for k in kinds})
    reduced(values, first.mask, "grpo").backward()
    gradients = policy.gradients()
    case1.update(grad_norm_before_clip=policy.norm(), grad_norm_per_tensor=per_tensor(gradients))
    write_tensors(out / "case1_step.safetensors", dict(first.tensors(now, theirs), per_token_kl=kl * first.mask))
    write_tensors(out / "case1_grads_unclipped.safetensors", gradients)
    kept = [n for n in sorted(gradients) if any(part in n for part in (
        "lm_head", "model.norm", "layers.0.self_attn.q_proj", "layers.1.mlp.down", "conv2", "audio_tower.proj"))]
    after = policy.step()
    write_tensors(out / "case1_params_after_step.safetensors", {name: after[name] for name in kept})

    # A second iteration on the same completions: ratios leave one, and some are clipped.
    rate = 2e-3 if s["hidden"] < 32 else 5e-5
    policy = Policy(checkpoint, rate, 0.01)
    old = first.scores(policy.model)
    reduced(terms(old, old.detach(), theirs, first.gains)[0], first.mask, "grpo").backward()
    policy.step()
    now = first.scores(policy.model)
    values, _, clips = terms(now, old.detach(), theirs, first.gains)
    reduced(values, first.mask, "grpo").backward()
    gradients = policy.gradients()
    fraction = float((clips * first.mask).sum() / first.mask.sum())
    assert 0 < fraction < 1, f"the second iteration clips {fraction} of its tokens"
    ratios = torch.exp(now - old).detach()[first.mask.bool()]
    assert float(((ratios - 1).abs() - EPSILON).abs().min()) > 1e-3, "a ratio stands on the edge of the clip"
    case2 = dict(
        adamw=dict(lr=rate, weight_decay=0.01), loss=dict(grpo=float(reduced(values.detach(), first.mask, "grpo"))),
        clip_fraction=fraction, grad_norm_before_clip=policy.norm(), grad_norm_per_tensor=per_tensor(gradients))
    write_tensors(out / "case2_grads_unclipped.safetensors", {name: gradients[name] for name in kept})

    # Gradients of two prompts, added up.
    policy = Policy(checkpoint, 1e-3, 0.0)
    for group, own in ((first, theirs), (second, second_theirs)):
        now = group.scores(policy.model)
        (reduced(terms(now, now.detach(), own, group.gains)[0], group.mask, "grpo") / 2).backward()
    gradients = policy.gradients()
    write_tensors(out / "case3_second_prompt.safetensors", second.tensors(now, second_theirs))
    write_tensors(out / "case3_grads_unclipped.safetensors", {name: gradients[name] for name in kept})
    case3 = dict(grad_norm_before_clip=policy.norm(), grad_norm_per_tensor=per_tensor(gradients))
    lists = [[1, 0, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0], [0.5, 2.0, 1.0, 1.0], [1, 0, 1, 0, 0, 0, 1, 1]]
    gains = [dict(rewards=r, scaled=advantages(r).tolist(), unscaled=advantages(r, False).tolist()) for r in lists]
    write_json(out / "meta.json", dict(case1=case1, case2=case2, case3=case3, advantage_cases=gains))


# ------------------------------------------------------------------------------------------- sampling, front end, sound


def write_sampling(seed, out):
    width, rows, seen = 61, 4, 11
    numbers = random(seed, "sampling")
    logits = torch.from_numpy((3 * numbers.standard_normal((rows, width))).astype(np.float32))
    before = torch.from_numpy(numbers.integers(0, width, (rows, seen)))
    settings = [
        dict(temperature=1.2), dict(temperature=1.2, top_k=30), dict(temperature=1.0, top_k=5), dict(temperature=1.2, top_p=0.9),
        dict(temperature=0.7, top_k=20, top_p=0.5), dict(temperature=0.7, top_k=20, top_p=0.5, repetition_penalty=1.1),
    ]
    made = dict(logits=logits, previous_ids=before)
    for index, own in enumerate(settings):
        steps = LogitsProcessorList()
        if "repetition_penalty" in own:
            steps.append(RepetitionPenaltyLogitsProcessor(own["repetition_penalty"]))
        if own["temperature"] != 1:
            steps.append(TemperatureLogitsWarper(own["temperature"]))
        if "top_k" in own:
            steps.append(TopKLogitsWarper(own["top_k"]))
        if "top_p" in own:
            steps.append(TopPLogitsWarper(own["top_p"]))
        made[f"probs_{index}"] = torch.softmax(steps(before, logits.clone()), -1)
    write_tensors(out / "sampling.safetensors", made)
    write_json(out / "sampling.json", dict(settings=settings))


def write_mel(seed, out):
    made = {}
    clips = dict(sweep=3200, noise=1999, tiny=400, silence=1600)
    for name, count in clips.items():
        samples = np.zeros(count, dtype=np.float32) if name == "silence" else sound(seed, "mel " + name, count)
        heard = write_wave(out / f"{name}.wav", samples)[:, 0]
        for model, seconds in (("omni", 300), ("qwen2_audio", 30)):
            mel, frames = log_mel(heard, seconds)
            made[f"{name}.{model}"] = mel[:, : frames + (0 if model == "omni" else 4)]
    write_tensors(out / "mel.safetensors", made)


def windowed_sinc(samples, rate, width=6, rolloff=0.99):
    """The resampler of R1-AQA (sinc with a Hann window, as torchaudio names it), summed directly in Float64."""
    base = min(rate, RATE) * rolloff
    count = math.ceil(len(samples) * RATE / rate)
    reach = width * rate / base
    result = np.zeros(count)
    for index in range(count):
        centre = index * rate / RATE
        near = np.arange(max(0, math.floor(centre - reach)), min(len(samples), math.ceil(centre + reach) + 1))
        t = np.clip((near - centre) / rate * base, -width, width)
        result[index] = np.sum(samples[near] * np.sinc(t) * np.cos(np.pi * t / width / 2) ** 2) * base / rate
    return result.astype(np.float32)


def write_resample(seed, out):
    made = {}
    for rate, count in ((44100, 1471), (22050, 999), (48000, 1600), (8000, 640), (11025, 700)):
        name = f"sound_{rate}_{count}"
        heard = write_wave(out / f"{name}.wav", sound(seed, name, count, rate), rate)[:, 0]
        made[name + ".soxr_hq"] = soxr.resample(heard, rate, RATE, quality="HQ")
        made[name + ".sinc_hann"] = windowed_sinc(heard.astype(np.float64), rate)
        short = math.ceil(count * RATE / rate) - len(made[name + ".soxr_hq"])
        # librosa makes the length exact.
        made[name + ".soxr_hq"] = np.pad(made[name + ".soxr_hq"], (0, max(short, 0)))[: math.ceil(count * RATE / rate)]
    write_tensors(out / "resample.safetensors", made)


def write_formats(seed, out):
    made = {}
    both = np.stack([sound(seed, "left", 203), 0.5 * sound(seed, "right", 203)], 1)
    for kind in ("pcm_u8", "pcm_16", "pcm_24", "pcm_32", "float", "double"):
        for channels in (1, 2):
            name = f"{kind}_{channels}ch.wav"
            back = write_wave(out / name, both[:, :channels], kind=kind)
            made[name + ".mono_mean"] = back.mean(axis=1)
            made[name + ".channel0"] = back[:, 0]
    write_tensors(out / "wav.safetensors", made)


# ----------------------------------------------------------------------------------------------------------------- main


def make(root, seed, shape):
    s = SHAPES[shape]
    torch.manual_seed(seed)
    tokenizer = make_tokenizer(s)
    tokenizer_cases(tokenizer, seed, root / "tokenizer")
    for kind in ("omni", "audio"):
        checkpoint = Checkpoint(kind, s, seed, tokenizer, root)
        checkpoint.write_rounded()
        write_cases(checkpoint, s, seed)
        if kind == "omni":
            checkpoint.write_sharded()
            write_grpo(checkpoint, s, seed)
    write_sampling(seed, root / "sampling")
    write_mel(seed, root / "mel")
    write_resample(seed, root / "resample")
    write_formats(seed, root / "wav")
    write_json(root / "made.json", dict(seed=seed, shape=shape))


def differences(ours, theirs):
    """Files of two sets that differ by more than another processor's rounding: floats by 1e-4, the rest at all."""
    names = {str(p.relative_to(f)) for f in (ours, theirs) for p in f.rglob("*") if p.is_file()}
    for name in sorted(names):
        a, b = ours / name, theirs / name
        if not (a.exists() and b.exists()):
            yield f"{name} is in one of the two"
        elif name.endswith(".safetensors"):
            left, right = load_file(a), load_file(b)
            if left.keys() != right.keys():
                yield f"{name} holds other tensors"
            for key in left.keys() & right.keys():
                x, y = left[key].double(), right[key].double()
                if x.shape != y.shape or not torch.allclose(x, y, rtol=1e-4, atol=1e-4):
                    yield f"{name}: {key}"
        elif a.suffix != ".json" or "meta" not in name:
            if a.read_bytes() != b.read_bytes():
                yield name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--shape", choices=sorted(SHAPES), default="small")
    parser.add_argument("--check", action="store_true", help="make the set again and compare it with the folder")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if not arguments.check:
        make(arguments.folder, arguments.seed, arguments.shape)
        return 0
    made = json.loads((arguments.folder / "made.json").read_text())
    with tempfile.TemporaryDirectory() as place:
        make(Path(place), made["seed"], made["shape"])
        found = list(differences(arguments.folder, Path(place)))
    print("\n".join(found) if found else "the folder holds what the seed gives")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
