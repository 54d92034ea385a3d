import native_client as made
from kit import KEY, URL, events

client = made.ApiClient(made.Configuration(host=URL, access_token=KEY))
threads, messages, log = made.ThreadsApi(client), made.MessagesApi(client), made.EventsApi(client)

thread = threads.create_thread(new_thread=made.NewThread(title="Typed"))
part = made.NewPart(made.NewPartText(type="text", text="Hello"))
sent = messages.send_message(thread.id, new_message=made.NewMessage(content=[part]), wait=30)
assert sent.outcome.state == made.TurnState.COMPLETED

seen = []
stream = {"Accept": "text/event-stream"}
for data in events(log.list_events_without_preload_content(thread.id, _headers=stream)):
    event = made.Event.from_json(data).actual_instance
    seen.append(type(event))
    if isinstance(event, made.EventMessageCompleted):
        assert event.data.message.author.actual_instance.agent == thread.agent
    if isinstance(event, made.EventTurnCompleted):
        break
page = messages.list_messages(thread.id)
assert [message.role for message in page.data] == [made.Role.USER, made.Role.AGENT]
listed = log.list_events(thread.id, _headers={"Accept": "application/json"})
assert [type(event.actual_instance) for event in listed.data] == seen
