"""A MongoDB that asks who one is, and users in it."""

import json
import re
import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from store.driver import connect, run_command
from store.embedded import embedded_mongo
from store.mongod import find_mongod

Role = dict[str, Any]

_README = Path(__file__).parent.parent / "README.md"
_PASSWORD = "of-a-test"


def readme_roles() -> list[Role]:
    """Return the roles that the README makes: its own JavaScript is run."""
    blocks = re.findall(r"```js\n(.*?)```", _README.read_text(), re.DOTALL)
    [script] = [each for each in blocks if "createRole" in each]
    shell = "const db = { createRole: role => console.log(JSON.stringify(role)) }\n"
    ran = subprocess.run(
        ["node", "-e", shell + script], capture_output=True, text=True, check=True, timeout=20
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


@asynccontextmanager
async def a_mongod_with_users(folder: Path) -> AsyncIterator[str]:
    """Serve an embedded MongoDB with a keyfile; yield the URI of one who may do anything."""
    key = folder / "key"
    key.write_text("KeyOfATest")
    key.chmod(0o400)
    program = folder / "mongod"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(find_mongod())} "$@" --keyFile {key}\n')
    program.chmod(0o700)
    async with embedded_mongo(folder / "data", mongod=str(program)) as uri:
        # The first user is made without one, as MongoDB allows on the machine itself.
        await run_command(uri, _user("root", ["root"]))
        yield signed(uri, "root", "admin")


async def add_users(root: str, database: str, roles: list[Role]) -> None:
    """Make the README's roles for a database of any name, and a user for each, named like it."""
    async with connect(root, database) as store:
        for role in roles:
            given = {name: each for name, each in role.items() if name != "role"}
            for privilege in given["privileges"]:
                privilege["resource"]["db"] = database
            await store.handle.command({"createRole": role["role"], **given})
            await store.handle.command(_user(role["role"], [role["role"]]))


def _user(name: str, roles: list[str]) -> dict[str, object]:
    return {"createUser": name, "pwd": _PASSWORD, "roles": roles}


def signed(uri: str, user: str, source: str) -> str:
    """Return a URI with a user in the place of the one that it has, or of none."""
    address = re.sub(r"//(?:[^/@]*@)?", f"//{user}:{_PASSWORD}@", uri, count=1)
    return re.sub(r"&authSource=.*|$", f"&authSource={source}", address, count=1)
