import everruns_client as made
from kit import KEY, URL, events

client = made.ApiClient(made.Configuration(host=URL, access_token=KEY))
sessions, messages, log = made.SessionsApi(client), made.MessagesApi(client), made.EventsApi(client)

session = sessions.create_session(made.CreateSessionRequest(title="Typed"))
part = made.InputContentPart(made.InputContentPartText(type="text", text="Hello"))
sent = messages.create_message(session.id, made.CreateMessageRequest(message=made.InputMessage(content=[part])))
assert isinstance(sent, made.Message)

seen = []
for data in events(log.stream_sse_without_preload_content(session.id, after_sequence=0)):
    event = made.Event.from_json(data).actual_instance
    seen.append(type(event))
    if isinstance(event, made.EventInputMessage):
        assert event.data.message.id == sent.id
    if isinstance(event, made.EventTurnCompleted):
        break
assert made.EventOutputMessageCompleted in seen
listed = log.list_events(session.id)
assert any(isinstance(event.actual_instance, made.EventTurnCompleted) for event in listed.data)
page = messages.list_messages(session.id)
assert [message.role for message in page.data] == [made.MessageRole.USER, made.MessageRole.AGENT]
assert session.id in [one.id for one in sessions.list_sessions().data]
