"""What a worker does with its connection to the broker when that is lost."""

from pennie.celery import app


def test_a_message_that_was_not_acknowledged_ends_no_worker() -> None:
    """As when Redis is killed between a message and its acknowledgement: kombu finds no connection then."""
    with app.connection_for_read() as connection:
        channel = connection.channel()
        queue = connection.SimpleQueue("lost", channel=channel)
        queue.put({})
        queue.get(timeout=5)
        channel._disconnect_pools()
        channel.connection.client = None
        channel.close()
        assert channel.closed
