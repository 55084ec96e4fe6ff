"""Every route of the merged document under schemathesis, stateful phase included.

No 5xx, no undocumented status, no answer that breaks its own schema; as nobody, as a member and
as the data team. `SCHEMATHESIS_EXAMPLES` makes it longer.
"""

import asyncio
import json
import os
import sys

from steps import ROOT

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,ignored_auth"
)
SPARED = "^/v1/(auth/logout|me/sessions.*|imports|recommender/trainings|recommender/evaluations)$"
"""What would end the session under test, or start minutes of work for every example."""


async def run_schemathesis(system, tmp_path, authorization, *options):
    arguments = [
        *("-m", "schemathesis.cli", "run", f"{system.url}/openapi.json"),
        *("--checks", CHECKS, *options),
        *("--max-examples", os.environ.get("SCHEMATHESIS_EXAMPLES", "4")),
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


ALL_PHASES = ("--phases", "examples,coverage,fuzzing,stateful")


async def test_nobody_gets_documented_answers(system, tmp_path):
    phases = ("--phases", "examples,fuzzing,stateful")
    code, output = await run_schemathesis(system, tmp_path, None, *phases)
    assert code == 0, output[-12_000:]


async def test_member_gets_documented_answers(system, tmp_path, sign_up):
    member = (await sign_up()).headers["Authorization"]
    code, output = await run_schemathesis(system, tmp_path, member, *ALL_PHASES)
    assert code == 0, output[-12_000:]


async def test_data_team_gets_documented_answers(system, tmp_path, data_team):
    only = ("--include-path-regex", "^/v1/recommender/")
    token = data_team["Authorization"]
    code, output = await run_schemathesis(system, tmp_path, token, *ALL_PHASES, *only)
    assert code == 0, output[-12_000:]


async def test_public_document_is_the_committed_one(http):
    """A change of the API is a change of `docs/openapi.json`, seen in review."""
    document = (await http.get("/openapi.json")).json()
    document.pop("servers", None)
    committed = ROOT / "docs" / "openapi.json"
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_OPENAPI"):
        committed.write_text(text)
    known = json.loads(committed.read_text())
    lost = [
        f"{method.upper()} {path} {status}"
        for path, item in known["paths"].items()
        for method, operation in item.items()
        for status in operation.get("responses", {})
        if status not in document["paths"].get(path, {}).get(method, {}).get("responses", {})
    ]
    assert not lost, f"clients rely on these: {lost}"
    assert committed.read_text() == text, (
        "if this change is meant: UPDATE_OPENAPI=1 make test ARGS=tests/system/test_system_openapi.py"
    )
