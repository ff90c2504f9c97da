"""The queue's edge: RQ queues, retry policy and the outbox drain."""
