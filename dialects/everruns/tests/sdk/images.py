"""Pictures, for which the SDK has no calls: through its own HTTP client, then named by a message that it sends."""

import base64

from common import run

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def images(client):
    session = await client.sessions.create()
    # Without the client's default content type, so that the form's own is sent.
    del client._client.headers["content-type"]
    uploaded = await client._client.post("v1/images", files={"file": ("dot.png", PNG, "image/png")})
    assert uploaded.status_code == 201, uploaded.text
    image = uploaded.json()
    assert (image["filename"], image["content_type"], image["size_bytes"]) == ("dot.png", "image/png", len(PNG)), image
    content = [{"type": "text", "text": "Look"}, {"type": "image_file", "image_id": image["id"], "filename": "dot.png"}]
    await client._post(f"/sessions/{session.id}/messages", {"message": {"role": "user", "content": content}})
    [message, *_] = await client.messages.list(session.id)
    assert message.content[1].type == "image_file" and message.content[1].image_id == image["id"], message
    fetched = await client._client.get(f"v1/images/{image['id']}")
    assert fetched.content == PNG and fetched.headers["content-type"] == "image/png"
    listed = await client._get("/images")
    assert [one["id"] for one in listed] == [image["id"]], listed
    await client._delete(f"/images/{image['id']}")
    assert await client._get("/images") == []


run(images)
