"""The producer that one would write in Python: an answer when the broker has the reading."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from confluent_kafka import KafkaError, Message, Producer
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

TOPIC = os.environ["TOPIC"]
producer = Producer(
    {
        "bootstrap.servers": os.environ["BROKERS"],
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 0,
        "partitioner": "murmur2",
    }
)


@asynccontextmanager
async def polling(_: FastAPI) -> AsyncIterator[None]:
    """A thread that takes the delivery reports."""
    over = threading.Event()

    def poll() -> None:
        while not over.is_set():
            producer.poll(0.1)

    thread = threading.Thread(target=poll)
    thread.start()
    yield
    over.set()
    thread.join()
    producer.flush()


app = FastAPI(lifespan=polling)


class Reading(BaseModel):
    """What a sensor sends."""

    sensor_id: str
    cow_id: str
    timestamp: float
    value: float | None


@app.post("/measurement/")
async def measurement(reading: Reading) -> dict[str, str]:
    """Answers after the delivery report."""
    loop = asyncio.get_running_loop()
    delivered: asyncio.Future[None] = loop.create_future()

    def report(error: KafkaError | None, _: Message) -> None:
        if error is None:
            loop.call_soon_threadsafe(delivered.set_result, None)
        else:
            loop.call_soon_threadsafe(delivered.set_exception, HTTPException(503, str(error)))

    producer.produce(
        TOPIC, reading.model_dump_json(), key=reading.sensor_id, on_delivery=report
    )
    await delivered
    return {"status": "stored"}
