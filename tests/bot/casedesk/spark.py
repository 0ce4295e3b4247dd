"""Reads our XML back into plain values after the Spark mapping, for comparison with the JSON."""

from typing import Any

LISTS = {
    "services",
    "service_requests",
    "service_request_updates",
    "errors",
    "attributes",
    "values",
    "endpoints",
    "formats",
    "media_urls",
}


def values_of(element: Any) -> Any:
    children = list(element)
    if element.tag in LISTS:
        return [values_of(child) for child in children]
    if children:
        return {child.tag: values_of(child) for child in children}
    return element.text or ""
