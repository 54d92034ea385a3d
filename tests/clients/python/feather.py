import os

from feather_client import AuthenticatedClient, models
from feather_client.api.sms_threads import get_thread_messages, send_web_chat_message, stream_thread_messages
from feather_client.api.threads import create_web_chat_thread, list_threads
from kit import KEY, URL, events, of

client = AuthenticatedClient(
    base_url=URL, token=KEY, prefix="", auth_header_name="X-API-Key", raise_on_unexpected_status=True
)

metadata = models.CreateWebThreadBodyMetadata.from_dict({"a": "b"})
new = models.CreateWebThreadBody(agent_id=os.environ["CLIENT_AGENT"], metadata=metadata)
thread = of(models.ThreadResponse, create_web_chat_thread.sync(client=client, body=new)).thread
body = models.SendMessageBody(message="Hello")
sent = of(models.SendMessageResponse, send_web_chat_message.sync(thread.id, client=client, body=body))
# The stream begins behind the message that was sent, whenever it is opened.
request = stream_thread_messages._get_kwargs(thread.id, last_event_id=sent.message_id)
answer = models.StreamedMessage.from_dict(next(events(client, request)))
assert answer.direction == models.Direction.OUTBOUND and answer.message_body, answer

page = of(models.ListMessagesResponse, get_thread_messages.sync(thread.id, client=client)).thread
assert [message.id for message in page.messages] == [answer.id, sent.message_id], page
threads = of(models.ListThreadsResponse, list_threads.sync(client=client, is_active=True))
assert thread.id in [one.id for one in threads.threads]
