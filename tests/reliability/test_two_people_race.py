"""Many people save one row of the back office at the same moment: the first one's is stored, all others are told."""

import http.client
import json
import threading
from typing import Any
from urllib.parse import urlencode, urlsplit

PAGE = "/admin/dynamic_settings/dynamicsetting/ADDRESS_SERIALIZER_FIELDS/change/"
PEOPLE = 8


def save(url: str, person: Any, value: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": person["cookie"],
        "X-CSRFToken": person["token"],
        "Accept-Language": "en",
    }
    try:
        connection.request("POST", PAGE, urlencode({**person["hidden"], "value": value}, doseq=True), headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_of_many_who_save_one_row_at_once_the_first_one_does(running_shop: Any) -> None:
    person = running_shop.inside("staff", page=PAGE)
    running_shop.start_web(workers=2)
    values = [{f"C{number}": []} for number in range(PEOPLE)]
    answers: list[tuple[int, str]] = [(0, "")] * PEOPLE
    gate = threading.Barrier(PEOPLE)

    def send(index: int) -> None:
        gate.wait()
        answers[index] = save(running_shop.url, person, json.dumps(values[index]))

    threads = [threading.Thread(target=send, args=(index,)) for index in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _ in answers) == [200] * (PEOPLE - 1) + [302]
    assert all("Somebody changed this after you opened it" in html for status, html in answers if status == 200)
    first = next(value for value, (status, _) in zip(values, answers, strict=True) if status == 302)
    assert running_shop.inside("settings_stored") == {"ADDRESS_SERIALIZER_FIELDS": first}
