async def test_without_a_provider_there_is_no_sign_in_by_one(client):
    body = {"code": "any", "state": "any"}
    for answer in (
        await client.get("/v1/auth/google"),
        await client.post("/v1/auth/google", json=body),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "provider_not_configured")
