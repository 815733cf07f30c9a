"""Further calls that an answer takes: jobs that are polled, models that take one input a call. The answer waits meanwhile."""

import concurrent.futures
import json
import time

import httpx
import pytest

from conftest import KEY

JOB = "leonardoai/b24e16ff-06e3-43eb-8d33-4416c2d75876"


def picture(client, prompt, timeout=30):
    return client.post("/images/generations", json={"model": JOB, "prompt": prompt}, timeout=timeout)


@pytest.fixture
def client(proxy):
    with httpx.Client(base_url=proxy.base_url, headers={"authorization": "Bearer " + KEY}) as client:
        yield client


def test_further_calls_go_through_the_filters_of_the_cluster(client, fake):
    # Envoy signs every call anew, and the provider checks each signature.
    fake.reset()
    answer = client.post("/embeddings", json={"model": "aws-signed/amazon.titan-embed-text-v2:0", "input": ["a", "b", "c"]})
    assert answer.status_code == 200, answer.text
    assert [one["index"] for one in answer.json()["data"]] == [0, 1, 2]
    sent = fake.all()
    assert [json.loads(one["body"]["bytes"])["inputText"] for one in sent] == ["a", "b", "c"]
    assert all(one["header"]["authorization"].startswith("AWS4-HMAC-SHA256") for one in sent)


def test_many_jobs_are_followed_beside_each_other(client):
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda at: picture(client, "patiently, fox %d" % at), range(24)))
    assert [answer.status_code for answer in answers] == [200] * 24, [answer.text for answer in answers if answer.is_error][:1]


def test_a_job_whose_client_has_gone_is_followed_no_more(client, fake):
    fake.reset()
    with pytest.raises(httpx.TimeoutException):
        picture(client, "endlessly, a fox", timeout=3)
    # A call that was under way may still come.
    time.sleep(2)
    looks = len(fake.all())
    assert looks >= 2
    assert picture(client, "a fox").status_code == 200
    time.sleep(4)
    assert [one["path"] for one in fake.all()[looks:] if one["method"] == "POST"] != []
    later = [one for one in fake.all()[looks:] if one["method"] == "GET"]
    assert len(later) <= 2, "the job of a client that is gone is still looked after"


def test_a_job_that_fails_is_an_error(client):
    answer = picture(client, "in vain, a fox")
    assert answer.status_code >= 400 and set(answer.json()["error"]) >= {"message", "type", "param", "code"}, answer.text
