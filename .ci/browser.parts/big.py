"""Results of the size of the largest benchmark, with texts that would like to be more than texts."""
import hashlib
import json
import math
import os
import random
import struct
import wave

QUESTIONS, RUNS = 9000, 30
MARKUP = "</script><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'><b>bold</b>"
TURNED = "left \u202ethgir\u2028next\u2066 <b>"
LONG = ("<i>" + "word " * 20000)[:100000]
CATEGORIES, LEVELS = ["sound", "music", "speech"], ["easy", "medium", "hard"]


def tone(path):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        for i in range(32000):
            value = 9000 * math.sin(i * i / 60000) * (i // 4000 % 2)
            file.writeframesraw(struct.pack("<h", int(value)))


def write(results, data):
    """Writes data and results; gives the questions and the records of every run."""
    rng = random.Random(1)
    folder = f"{data}/mmau"
    os.makedirs(folder + "/test-mini-audios")
    tone(folder + "/test-mini-audios/tone.wav")
    questions = []
    for i in range(QUESTIONS):
        choices = rng.sample(["cat", "dog", "bell", "horn", "rain", "train", "piano", "wind"], 4)
        questions.append({
            "id": f"q{i:05d}", "audio_id": "./test-mini-audios/" + ("tone.wav" if i == 0 else f"gone{i}.wav"),
            "question": f"What is heard, number {i}?", "choices": choices, "answer": choices[i % 4],
            "task": CATEGORIES[i % 3], "difficulty": LEVELS[i % 7 % 3], "split": "test-mini", "category": "c",
            "sub-category": "s", "dataset": "d"})
    questions[1]["question"] = MARKUP
    questions[2]["question"] = TURNED
    questions[2]["choices"][0] = MARKUP
    questions[3]["id"] = "<script>window.pwned = 1</script>"
    with open(folder + "/mmau-test-mini.json", "w") as file:
        json.dump(questions, file)
    version = f"{results}/big/paper/v0001"
    os.makedirs(version + "/predictions")
    cells, runs = [], []
    for run in range(RUNS):
        seed, audio = 1 + run % 3, run % 2 == 0
        name = f"model{run // 6}-s{seed}-{'audio' if audio else 'text'}-{run}"
        records = []
        for i, q in enumerate(questions):
            # Some questions are easy for every run, some for none.
            share = {0: 1, 1: 0}.get(i % 50, 0.4 + 0.01 * run)
            said = q["answer"] if rng.random() < share else q["choices"][(i + 1 + rng.randrange(3)) % 4]
            weights = None
            if run == 0:
                # What another reading of the model would record.
                if i < 3:
                    weights = [-0.5 - place for place in range(4)]
                said = {1: MARKUP, 2: TURNED, 3: LONG}.get(i, said)
            records.append({
                "id": q["id"], "prediction": said, "answer": q["answer"], "category": q["task"],
                "difficulty": q["difficulty"], "correct": said == q["answer"], "chance": 0.25, "finished": True, "prompt": "",
                **({"option_log_probabilities": weights} if weights else {})})
        with open(f"{version}/predictions/{name}.jsonl", "w") as file:
            file.writelines(json.dumps(r, ensure_ascii=False, sort_keys=True) + "\n" for r in records)
        categories = {c: {"n": sum(r["category"] == c for r in records),
                          "correct": sum(r["category"] == c and r["correct"] for r in records)} for c in CATEGORIES}
        cells.append({
            "name": name, "model": f"model{run // 6}", "training": None, "training_audio": None, "benchmark": "mmau-mini",
            "audio": audio, "decoding": "greedy", "seed": seed, "n": QUESTIONS,
            "correct": sum(r["correct"] for r in records), "categories": categories, "chance": 0.25,
            "key": hashlib.sha256(name.encode()).hexdigest()})
        runs.append(records)
    with open(version + "/scores.json", "w") as file:
        json.dump({"reproduces": [], "cells": cells}, file)
    return questions, cells, runs


def changed(source, results, cell, flips):
    """A copy of a version, and the same with other answers to some questions of one cell, as v0001 and v0002."""
    import shutil
    experiment, profile = source.rstrip("/").split("/")[-3:-1]
    place = f"{results}/{experiment}/{profile}"
    for version in ("v0001", "v0002"):
        shutil.copytree(source, f"{place}/{version}")
    path = f"{place}/v0002/predictions/{cell}.jsonl"
    with open(path) as file:
        records = [json.loads(line) for line in file]
    scores = json.load(open(f"{place}/v0002/scores.json"))
    own = next(c for c in scores["cells"] if c["name"] == cell)
    own["key"] = own["key"][::-1]
    # What the questions say stands apart from what was said.
    with open(f"{place}/v0002/questions/{own['benchmark']}.jsonl") as file:
        facts = {fact["id"]: fact for fact in map(json.loads, file)}
    for record in records[::len(records) // flips]:
        change = -1 if record["correct"] else 1
        record["correct"] = not record["correct"]
        fact = facts[record["id"]]
        record["prediction"] = fact["answer"] if record["correct"] else "something else"
        own["correct"] += change
        own["categories"][fact["category"].replace("-", "_")]["correct"] += change
    with open(path, "w") as file:
        file.writelines(json.dumps(r, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n" for r in records)
    with open(f"{place}/v0002/scores.json", "w") as file:
        json.dump(scores, file)
    return f"{experiment}/{profile}"
