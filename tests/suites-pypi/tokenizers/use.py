"""tokenizers: a batch is encoded by rayon's threads in the parent, then in a child."""
import sys

import tokenizers

from field import run_child

words = [f"word{number}" for number in range(1000)]
model = tokenizers.models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="word0")
tokenizer = tokenizers.Tokenizer(model)
tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()


def encode():
    return len(tokenizer.encode_batch([" ".join(words)] * 100))


if __name__ == "__main__":
    encode()
    sys.exit(run_child(encode))
