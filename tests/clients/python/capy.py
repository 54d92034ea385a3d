from capy_client import AuthenticatedClient, models
from capy_client.api.projects import list_projects
from capy_client.api.threads import (
    create_and_start_thread,
    get_thread,
    list_thread_messages,
    list_threads,
    send_thread_message,
)
from kit import KEY, URL, of, until

client = AuthenticatedClient(base_url=URL, token=KEY, raise_on_unexpected_status=True)


def is_ready():
    """This API has no stream: its clients ask again."""
    found = of(models.ThreadListItem, get_thread.sync(thread.id, client=client))
    return found.run_state == models.RunState.READY


project = of(models.ListProjectsResponse, list_projects.sync(client=client)).items[0]
new = models.CreateThreadBody(project_id=project.id, prompt="Hello")
thread = of(models.CreateThreadResponse, create_and_start_thread.sync(client=client, body=new))
until(is_ready)
again = models.SendThreadMessageBody(message="Again", mode=models.Mode.QUEUE)
sent = of(models.SendMessageResponse, send_thread_message.sync(thread.id, client=client, body=again))
until(is_ready)

page = of(models.ListMessagesResponse, list_thread_messages.sync(thread.id, client=client, limit=10))
assert [item.source for item in page.items] == [models.Source.ASSISTANT, models.Source.USER] * 2, page
assert page.items[1].id == sent.id and not page.has_more
threads = of(models.ListThreadsResponse, list_threads.sync(client=client, project_id=project.id))
assert thread.id in [item.id for item in threads.items]
