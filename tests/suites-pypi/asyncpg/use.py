"""asyncpg: a connection of its pool asks for the parent, then for a child."""
import asyncio
import sys

import asyncpg

import postgres
from field import run_child


async def new_pool(folder):
    return await asyncpg.create_pool(host=folder, user="user", database="postgres", min_size=1)


async def ask(pool):
    return await pool.fetchval("SELECT 1", timeout=60)


async def ask_anew(folder):
    async with await new_pool(folder) as pool:
        await ask(pool)


def work(loop, pool):
    loop.run_until_complete(ask(pool))


def work_anew(folder):
    asyncio.run(ask_anew(folder))


if __name__ == "__main__":
    loop = asyncio.new_event_loop()
    with postgres.server() as folder:
        pool = loop.run_until_complete(new_pool(folder))
        loop.run_until_complete(ask(pool))
        if sys.argv[1] == "anew":
            status = run_child(work_anew, folder)
        else:
            status = run_child(work, loop, pool)
        pool.terminate()
    sys.exit(status)
