from kit import KEY, URL, events, of, told_apart
from native_client import AuthenticatedClient, models
from native_client.api.events import list_events
from native_client.api.messages import list_messages, send_message
from native_client.api.threads import create_thread, get_thread

client = AuthenticatedClient(base_url=URL, token=KEY, raise_on_unexpected_status=True)

thread = of(models.ThreadMade, create_thread.sync(client=client, body=models.NewThread(title="Typed")))
message = models.NewMessage(content=[models.NewPartText(text="Hello", type_=models.NewPartTextType.TEXT)])
sent = of(models.Sent, send_message.sync(thread.id, client=client, body=message, wait=30))
outcome = of(models.TurnOutcome, sent.outcome)
assert outcome.state == models.TurnState.COMPLETED, outcome
assert any(isinstance(part, models.PartText) for part in outcome.messages[-1].content), outcome

seen = []
for value in events(client, list_events._get_kwargs(thread.id)):
    event = told_apart(models, "Event", value)
    seen.append(type(event))
    if isinstance(event, models.EventMessageCompleted):
        assert of(models.AuthorAgent, event.data.message.author).agent == thread.agent
    if isinstance(event, models.EventTurnCompleted):
        assert event.data.idle and event.data.steps > 0
        break
assert models.EventMessageCreated in seen, seen

page = of(models.PageMessage, list_messages.sync(thread.id, client=client))
assert [message.role for message in page.data] == [models.Role.USER, models.Role.AGENT] and page.next_ is None
log = of(models.PageEvent, list_events.sync(thread.id, client=client))
assert [type(event) for event in log.data] == seen
of(models.Problem, get_thread.sync("01933b5a-0000-7000-8000-000000000001", client=client))
