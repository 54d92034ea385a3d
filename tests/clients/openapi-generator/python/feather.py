import os

import feather_client as made
from kit import KEY, URL, events

client = made.ApiClient(made.Configuration(host=URL, api_key={"ApiKey": KEY}))
threads, messages = made.ThreadsApi(client), made.SMSThreadsApi(client)

new = made.CreateWebThreadBody(agentId=os.environ["CLIENT_AGENT"], metadata={"a": "b"})
thread = threads.create_web_chat_thread(new).thread
sent = messages.send_web_chat_message(thread.id, made.SendMessageBody(message="Hello"))
# The stream begins behind the message that was sent, whenever it is opened.
stream = messages.stream_thread_messages_without_preload_content(thread.id, last_event_id=sent.message_id)
answer = made.StreamedMessage.from_json(next(events(stream)))
assert answer.direction == made.Direction.OUTBOUND
page = messages.get_thread_messages(thread.id).thread
assert [message.id for message in page.messages] == [answer.id, sent.message_id]
assert thread.id in [one.id for one in threads.list_threads(is_active=True).threads]
