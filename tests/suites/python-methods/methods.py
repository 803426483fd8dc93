"""What multiprocessing has for processes to work together, by the start method that is named."""
import multiprocessing
import sys

NUMBERS = range(50)


def square(number):
    return number * number


def serve(questions, answers, lock, counter, cells, pipe):
    for number in iter(questions.get, None):
        with lock:
            counter.value += 1
            cells[number % len(cells)] += 1
        answers.put(square(number))
    pipe.send(multiprocessing.current_process().name)
    pipe.close()


def fill(shared):
    shared["squares"] = [square(number) for number in NUMBERS]


def with_processes(context):
    questions, answers, lock = context.Queue(), context.Queue(), context.Lock()
    counter, cells = context.Value("i"), context.Array("i", 5)
    pipes = [context.Pipe() for _ in range(3)]
    processes = [context.Process(target=serve, name=f"server {number}",
                                 args=(questions, answers, lock, counter, cells, ends[1]))
                 for number, ends in enumerate(pipes)]
    for process in processes:
        process.start()
    for number in NUMBERS:
        questions.put(number)
    squares = sorted(answers.get() for _ in NUMBERS)
    for _ in processes:
        questions.put(None)
    names = [ends[0].recv() for ends in pipes]
    for process in processes:
        process.join()
    return squares, names, counter.value, list(cells), [process.exitcode for process in processes]


def with_pool(context):
    with context.Pool(3, maxtasksperchild=10) as pool:
        return pool.map(square, NUMBERS, chunksize=3)


def with_manager(context):
    with context.Manager() as manager:
        shared = manager.dict()
        process = context.Process(target=fill, args=(shared,))
        process.start()
        process.join()
        return shared["squares"]


if __name__ == "__main__":
    chosen = multiprocessing.get_context(sys.argv[1])
    for part in (with_processes, with_pool, with_manager):
        print(part(chosen))
