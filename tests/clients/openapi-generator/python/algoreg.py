import algoreg_client as made
from kit import KEY, URL, until

client = made.ApiClient(made.Configuration(host=URL, access_token=KEY))
chat = made.GoChatApi(client)

chat.create_thread_message(made.MessageInput.from_dict({"from": "ann@example.com", "subject": "Made", "content": "Hello"}))
thread = chat.search_threads(made.ThreadSearch(subject="made")).threads[0]
# This API has no stream: its clients ask again.
page = until(lambda: next((page for page in [chat.get_thread_messages(thread.id)] if page.total == 2), None))
assert page.messages[0].content == "Hello" and page.messages[1].agent_id is not None
