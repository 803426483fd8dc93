"""SentencePiece: a batch is encoded by threads in the parent, then in a child."""
import sys

import sentencepiece

from field import run_child


def encode():
    processor = sentencepiece.SentencePieceProcessor(model_file="words.model")
    return len(processor.encode(["the quick brown fox"] * 1000, num_threads=4))


if __name__ == "__main__":
    with open("words.txt", "w") as file:
        file.writelines(f"the quick brown fox {number} jumps\n" for number in range(1000))
    sentencepiece.SentencePieceTrainer.train(
        input="words.txt", model_prefix="words", vocab_size=60, minloglevel=2)
    encode()
    sys.exit(run_child(encode))
