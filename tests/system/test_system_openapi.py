"""Every route of the merged document under schemathesis, stateful phase included.

No 5xx, no undocumented status, no answer that breaks its own schema; as nobody, as a member and
as the data team. `SCHEMATHESIS_EXAMPLES` makes it longer.
"""

import asyncio
import os
import sys

import pytest
from steps import ROOT

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,ignored_auth"
)
SPARED = "^/v1/(auth/logout|me/sessions.*|imports|recommender/trainings|recommender/evaluations)$"
"""What would end the session under test, or start minutes of work for every example."""


async def run_schemathesis(system, tmp_path, authorization):
    arguments = [
        *("-m", "schemathesis.cli", "run", f"{system.url}/openapi.json"),
        *("--checks", CHECKS, "--phases", "examples,coverage,fuzzing,stateful"),
        *("--max-examples", os.environ.get("SCHEMATHESIS_EXAMPLES", "6")),
        *("--seed", "1", "--generation-database", "none", "--no-shrink"),
        *("--exclude-path-regex", SPARED, "--continue-on-failure", "--warnings", "off"),
        *("--suppress-health-check", "all", "--request-timeout", "30"),
    ]
    if authorization:
        arguments += ["--header", f"Authorization:{authorization}"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


@pytest.mark.parametrize("caller", ["nobody", "member", "data team"])
async def test_document_and_answers_agree(system, tmp_path, sign_up, data_team, caller):
    authorization = None
    if caller == "member":
        authorization = (await sign_up()).headers["Authorization"]
    elif caller == "data team":
        authorization = data_team["Authorization"]
    code, output = await run_schemathesis(system, tmp_path, authorization)
    assert code == 0, output[-12_000:]
    assert "No test" not in output
