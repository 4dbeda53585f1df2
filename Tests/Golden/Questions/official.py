"""The official string match and Python's lists, from Python itself, for tests to be held to.

The rule is written down here from its description in data-formats.md, independently of the Swift code.
usage: official.py lists COUNT SEED                        JSON lines {"list", "repr"}
       official.py predictions BENCHMARK QUESTIONS COUNT SEED OUT   a predictions file; {"n", "correct", "items"} printed
       official.py score BENCHMARK FILE                     {"n", "correct", "items"} of a predictions file
       official.py golden FILE                              how many cases of string-match.json the rule agrees with
"""
import json
import random
import re
import sys
import unicodedata

ODD = ["\u0130stanbul", "ΟΔΟΣ", "ﬁne", "ＦＵＬＬ", "e\u0301te\u0301", "été", "noir\u00a0", "\u200bdog", "👩\u200d👩\u200d👧", "x_1", "²", "٣", "日本語",
       "ǅ", "ß", "ẞ", "don't", "naïve", "\u202eabc", "\ufeff", "\x00", "\x85", "a\u0308", "Ⅷ", "ª", "\u2028", "ᾳ", "K", "한국어",
       "\U0001f1e9", "\U0001e900", "\u0345", "\\", "'", '"', "\t", "\n", "\r", "{}", "%s", "\x7f", "\xad", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]


def words(text):
    return set(re.findall(r"\b\w+\b", text.lower()))


def is_right(answer, prediction, choices):
    said, right = words(prediction), words(answer)
    others = set()
    for choice in choices:
        if words(choice) != right:
            others |= words(choice) - right
    return bool(said) and right <= said and not (others & said)


def random_text(dice, vocabulary, longest=8):
    parts = []
    for _ in range(dice.randrange(longest)):
        kind = dice.random()
        if kind < 0.5:
            parts.append(dice.choice(vocabulary))
        elif kind < 0.75:
            parts.append(dice.choice(ODD))
        else:
            parts.append("".join(chr(point) for point in (dice.randrange(0x110000) for _ in range(dice.randrange(1, 4)))
                                 if not 0xD800 <= point < 0xE000))
    return dice.choice([" ", "", ", ", "-", ". "]).join(parts)


def prediction(dice, item, vocabulary):
    answer, choices = item["answer"], item["choices"]
    choice = dice.choice(choices)
    parts = choice.split()
    kind = dice.randrange(16)
    if kind <= 2: return answer
    if kind == 3: return choice
    if kind == 4: return dice.choice(["The answer is {}.", "({})", "**{}**", "I hear {}!", "{}\n", "A. {}", "{0} {0}"]).format(answer)
    if kind == 5: return " ".join(dice.sample(parts, dice.randrange(len(parts) + 1)))
    if kind == 6: return f"{choice} or {dice.choice(choices)}"
    if kind == 7: return ", ".join(choices)
    if kind == 8: return dice.choice(["", " ", "...", "\n", "?!", "\u3000", "🎵"])
    if kind == 9: return answer.upper() if dice.random() < 0.5 else answer.swapcase()
    if kind == 10: return " ".join(reversed(answer.split()))
    if kind == 11: return unicodedata.normalize(dice.choice(["NFD", "NFKD", "NFC"]), answer)
    if kind == 12: return answer + " " + dice.choice(ODD)
    if kind == 13: return dice.choice(ODD).join(answer.split() or [""])
    if kind == 14: return answer[:dice.randrange(len(answer) + 1)]
    return random_text(dice, vocabulary)


def read(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines() if line]


def make_predictions(benchmark, path, count, seed, out):
    dice = random.Random(seed)
    key = {"mmau": "model_output", "mmar": "answer_prediction"}[benchmark]
    items = read(path)
    vocabulary = sorted({word for item in items for choice in item["choices"] for word in choice.split()})
    rows, verdicts = [], []
    for number in range(count):
        item = dict(items[number % len(items)])
        # A row without the key does not count.
        if dice.random() > 0.02:
            item[key] = prediction(dice, item, vocabulary)
            verdicts.append({"id": item["id"], "match": is_right(item["answer"], item[key], item["choices"])})
        rows.append(item)
    with open(out, "w", encoding="utf-8") as file:
        json.dump(rows, file, ensure_ascii=dice.random() < 0.5)
    correct = sum(verdict["match"] for verdict in verdicts)
    print(json.dumps({"benchmark": benchmark, "n": len(verdicts), "correct": correct, "items": verdicts}))


def make_lists(count, seed):
    dice = random.Random(seed)
    vocabulary = ["dog", "a car", "it's", 'say "hi"', "both ' and \"", "back\\slash", "", " ", "C#", "5 o'clock"]
    for _ in range(count):
        texts = [random_text(dice, vocabulary, 5) for _ in range(dice.randrange(9))]
        print(json.dumps({"list": texts, "repr": str(texts)}))


def score(benchmark, path):
    key = {"mmau": "model_output", "mmar": "answer_prediction"}[benchmark]
    verdicts = [{"id": item["id"], "match": is_right(item["answer"], item[key], item["choices"])} for item in read(path) if key in item]
    print(json.dumps({"n": len(verdicts), "correct": sum(verdict["match"] for verdict in verdicts), "items": verdicts}))


def check_golden(path):
    cases = read(path)
    agreeing = sum(is_right(case["answer"], case["prediction"], case["choices"]) == case["string_match"] for case in cases)
    print(f"{agreeing} of {len(cases)}")


if __name__ == "__main__":
    command, *rest = sys.argv[1:] or ["help"]
    if command == "lists": make_lists(int(rest[0]), int(rest[1]))
    elif command == "predictions": make_predictions(rest[0], rest[1], int(rest[2]), int(rest[3]), rest[4])
    elif command == "score": score(rest[0], rest[1])
    elif command == "golden": check_golden(rest[0])
    else: sys.exit(__doc__)
