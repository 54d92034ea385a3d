from algoreg_client import AuthenticatedClient, models
from algoreg_client.api.go_chat import create_thread_message, get_thread_messages, search_threads
from kit import KEY, URL, of, until

client = AuthenticatedClient(base_url=URL, token=KEY, raise_on_unexpected_status=True)

email = models.MessageInput(from_="ann@example.com", subject="Typed", content="Hello")
assert create_thread_message.sync_detailed(client=client, body=email).status_code == 204
found = of(models.Threads, search_threads.sync(client=client, body=models.ThreadSearch(subject="typed")))
thread = found.threads[0]


def answered():
    """This API has no stream: its clients ask again."""
    page = of(models.Messages, get_thread_messages.sync(thread.id, client=client, limit=10))
    return page.messages if len(page.messages) == 2 else None


question, answer = until(answered)
assert question.content == "Hello"
assert answer.agent_id is not None and answer.content
