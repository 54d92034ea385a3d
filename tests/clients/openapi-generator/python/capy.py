import capy_client as made
from kit import KEY, URL, until

client = made.ApiClient(made.Configuration(host=URL, access_token=KEY))
threads = made.ThreadsApi(client)

project = made.ProjectsApi(client).list_projects().items[0]
thread = threads.create_and_start_thread(made.CreateThreadBody(projectId=project.id, prompt="Hello"))
# This API has no stream: its clients ask again.
until(lambda: threads.get_thread(thread.id).run_state == made.RunState.READY)
sent = threads.send_thread_message(thread.id, made.SendThreadMessageBody(message="Again"))
until(lambda: threads.get_thread(thread.id).run_state == made.RunState.READY)
page = threads.list_thread_messages(thread.id)
assert [item.source for item in page.items] == [made.Source.ASSISTANT, made.Source.USER] * 2
assert page.items[1].id == sent.id
assert thread.id in [item.id for item in threads.list_threads(project.id).items]
