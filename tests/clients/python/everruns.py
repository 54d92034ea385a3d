from everruns_client import AuthenticatedClient, models
from everruns_client.api.events import list_events, stream_sse
from everruns_client.api.messages import create_message, list_messages
from everruns_client.api.sessions import create_session, list_sessions
from kit import KEY, URL, events, of, told_apart

client = AuthenticatedClient(base_url=URL, token=KEY, raise_on_unexpected_status=True)

session = of(models.Session, create_session.sync(client=client, body=models.CreateSessionRequest(title="Typed")))
text = models.InputContentPartText(text="Hello", type_=models.InputContentPartTextType.TEXT)
body = models.CreateMessageRequest(message=models.InputMessage(content=[text]))
sent = of(models.Message, create_message.sync(session.id, client=client, body=body))

seen = []
for value in events(client, stream_sse._get_kwargs(session.id, after_sequence=0)):
    event = told_apart(models, "Event", value)
    seen.append(type(event))
    if isinstance(event, models.EventInputMessage):
        assert event.data.message.id == sent.id
    if isinstance(event, models.EventOutputMessageCompleted):
        assert of(models.ContentPartText, event.data.message.content[0]).text
    if isinstance(event, models.EventTurnCompleted):
        assert event.data.llm_call_count == 1
        break
assert models.EventInputMessage in seen and models.EventOutputMessageCompleted in seen, seen

log = of(models.ListedEvent, list_events.sync(session.id, client=client))
assert any(isinstance(event, models.EventTurnCompleted) for event in log.data), log
page = of(models.MessageList, list_messages.sync(session.id, client=client))
assert [message.role for message in page.data] == [models.MessageRole.USER, models.MessageRole.AGENT], page
sessions = of(models.PaginatedSession, list_sessions.sync(client=client))
assert session.id in [one.id for one in sessions.data]
