"""Every address under the admin, as the URL resolver knows it, with keys of objects that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document
from wagtail.log_actions import log
from wagtail.models import Collection, Locale, Task, Workflow
from wagtail_localize.models import Translation, TranslationSource

from cms.models import WebhookDelivery, WebhookEndpoint
from newsletters.issues.actions.set_up_workflow import set_up_workflow
from newsletters.issues.actions.submit_issue import submit_issue
from newsletters.models import (
    ApiKey,
    BulkChange,
    ConsentEvent,
    Dispatch,
    ImportedRow,
    IssuePage,
    OwnField,
    ReaderImport,
    Segment,
    Subscription,
)
from tests.conftest import new_image
from tests.newsletters.building import Hub

CANARIES = ("canary-ann", "canary-secret", "canary-reply", "canary-body")


@dataclass(frozen=True, kw_only=True)
class Address:
    """One pattern: its name (with its namespaces, or its route if it has none) and what it takes."""

    name: str
    route: str
    takes: tuple[str, ...]
    app: str


def admin_addresses() -> list[Address]:
    """Return the patterns under `/admin/`, in the resolver's order; of two with the same route, the first answers."""
    found: dict[str, Address] = {}
    for address in _walk(get_resolver().url_patterns):
        if address.route.startswith("admin/"):
            found.setdefault(address.route, address)
    return list(found.values())


def _walk(patterns: Any, *, route: str = "", space: str = "") -> Iterator[Address]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern.url_patterns, route=here, space=inner)
        elif isinstance(pattern, URLPattern):
            takes = tuple(re.findall(r"<(?:[\w]+:)?(\w+)>", here))
            name = f"{space}{pattern.name}" if pattern.name else here
            yield Address(name=name, route=here, takes=takes, app=pattern.callback.__module__.partition(".")[0])


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A hub that has an object for every address."""

    hub: Hub
    dispatch: Dispatch
    subscription: Subscription
    arguments: dict[str, Any]
    media: str

    def path(self, address: Address) -> str:
        """Return the address with keys of objects that exist."""
        if not address.takes and ":" not in address.name and address.name == address.route:
            return "/" + re.sub(r"\^\.\*/\$", "nothing/here/", address.route)
        chosen = {name: self._argument(address, name) for name in address.takes}
        return reverse(address.name, kwargs=chosen) if chosen else reverse(address.name)

    def _argument(self, address: Address, name: str) -> Any:
        space = address.name.rpartition(":")[0]
        for key in (f"{address.name}.{name}", f"{space}.{name}", name):
            if key in self.arguments:
                return self.arguments[key]
        raise KeyError(f"What does {address.name} take as {name}?")


def fill(hub: Hub, *, media: str) -> Filled:
    """Subscribe Ann, send her the issue, and put canaries into everything that must not be shown."""
    (subscription,) = hub.subscribe("canary-ann")
    ConsentEvent.objects.create(subscription=subscription, kind="requested", source="api", language="en", at=hub.now)
    dispatch = hub.start()
    set_up_workflow(user=hub.users["administrator"])
    tried = {"attempts": 1, "first_tried_at": hub.now, "reply": "250 canary-reply for canary-ann@example.org"}
    dispatch.deliveries.update(status="uncertain", **tried)
    Dispatch.objects.filter(pk=dispatch.pk).update(status="paused", status_reason="550 5.7.1 canary-ann@example.org")
    dispatch.refresh_from_db()
    state = submit_issue(IssuePage.objects.get(pk=hub.issue.pk), user=hub.users["editor"])
    arguments = _of_pages(hub, dispatch, state) | _of_the_rest(hub) | _of_webhooks(hub)
    arguments |= {"subscriptions.pk": subscription.pk, "subscription_pk": subscription.pk}
    arguments |= {"import_pk": _an_import(hub).pk}
    arguments |= {"subscriber_pk": subscription.subscriber_id, "form": "json"}
    erased = BulkChange.objects.create(act="erase", people=1, worked_at=hub.now, finished_at=hub.now)
    arguments |= {"change_pk": erased.pk}
    api_key = ApiKey.objects.create(name="CRM")
    arguments |= {"api_keys.pk": api_key.pk, "key_pk": api_key.pk}
    english = [{"kind": "language", "values": {"languages": ["en"]}}]
    segment = Segment.objects.create(newsletter=hub.newsletter, name="English", conditions=english)
    arguments |= {"own_fields.pk": OwnField.objects.create(key="organisation").pk}
    arguments |= {"newsletter_pk": hub.newsletter.pk, "segment_pk": segment.pk}
    log(subscription, "hub_newsletters.end_subscription", user=hub.users["editor"], title=str(subscription.pk))
    return Filled(hub=hub, dispatch=dispatch, subscription=subscription, arguments=arguments, media=media)


def _an_import(hub: Hub) -> ReaderImport:
    """Return an import that was tried out, whose one row holds a canary."""
    times = {"created_at": hub.now, "heard_at": hub.now}
    made = ReaderImport.objects.create(newsletter=hub.newsletter, status="checked", counts={"invalid": 1}, **times)
    ImportedRow.objects.create(reader_import=made, number=2, email="canary-ann", fate="invalid", reasons="canary-reply")
    return made


def _of_pages(hub: Hub, dispatch: Dispatch, state: Any) -> dict[str, Any]:
    revision, home = hub.issue.latest_revision_id or hub.draft().latest_revision_id, hub.site.root_page_id
    pages = dict.fromkeys(["page_id", "page_pk", "page_to_move_id", "issue_pk"], hub.issue.pk)
    return pages | {
        "newsletters_admin:compose.page_pk": hub.page.pk,
        "newsletters_admin:gather-new.page_pk": hub.page.pk,
        "wagtailadmin_workflows:remove.page_pk": hub.page.pk,
        "parent_page_id": hub.page.pk,
        "destination_id": home,
        "wagtailadmin_pages.pk": hub.issue.pk,
        "wagtailadmin_api:pages.pk": hub.issue.pk,
        "action_name": "approve",
        "wagtailadmin_api:pages:action.action_name": "publish",
        "revision_id": revision,
        "revision_id_a": "earliest",
        "revision_id_b": "latest",
        "task_state_id": state.current_task_state_id,
        "task_id": state.current_task_state.task_id,
        "workflow_state_id": state.pk,
        "dispatch_pk": dispatch.pk,
        "verb": "resume",
        "content_type_app_name": "hub_newsletters",
        "content_type_model_name": "issuepage",
        "app_label": "hub_newsletters",
        "model_name": "subscription",
        "wagtailadmin_pages:choose_parent.model_name": "issuepage",
        "wagtailadmin_workflows:add_task.model_name": "issueapprovaltask",
        "app_name": "hub_cms",
        "wagtailadmin_tag_model_autocomplete.app_name": "taggit",
        "wagtailadmin_tag_model_autocomplete.model_name": "tag",
    }


def _of_the_rest(hub: Hub) -> dict[str, Any]:
    collection = Collection.get_first_root_node().add_child(name="Pictures")
    image = new_image(width=10, height=10)
    document = Document.objects.create(title="Minutes", file=ContentFile(b"minutes", name="minutes.txt"))
    article = hub.articles["open-data"]["en"]
    source, _made = TranslationSource.update_or_create_from_instance(article)
    translation = Translation.objects.create(source=source, target_locale=hub.locales["nl"])
    editor = hub.users["editor"]
    return {
        "collection_id": collection.pk,
        "wagtailadmin_collections.pk": collection.pk,
        "image_id": image.pk,
        "wagtailadmin_api:images.pk": image.pk,
        "wagtailimages_chooser.pk": image.pk,
        "filter_spec": "width-10",
        "doc_id": document.pk,
        "document_id": document.pk,
        "wagtailadmin_api:documents.pk": document.pk,
        "wagtaildocs_chooser.pk": document.pk,
        "uploaded_file_id": 1,
        "redirect_id": Redirect.objects.create(old_path="/old", redirect_link="/new").pk,
        "translation_source_id": source.pk,
        "translation_id": translation.pk,
        "string_segment_id": source.stringsegment_set.first().pk,
        "overridable_segment_id": 1,
        "mode": "default",
        "wagtail_localize.pk": "1",
        "wagtailadmin_workflows.pk": Workflow.objects.get(name="Newsletter").pk,
        "wagtailadmin_workflows:edit_task.pk": Task.objects.last().pk,
        "wagtailadmin_workflows:disable_task.pk": Task.objects.last().pk,
        "wagtailadmin_workflows:enable_task.pk": Task.objects.last().pk,
        "workflow_pk": Workflow.objects.get(name="Newsletter").pk,
        "wagtaillocales.pk": Locale.objects.get(language_code="nl").pk,
        "wagtailsites.pk": hub.site.pk,
        "wagtailusers_users.pk": editor.pk,
        "wagtailusers_groups.pk": editor.groups.get().pk,
        "wagtailsettings.model_name": "sitesettings",
        "wagtailsettings.pk": hub.site.pk,
        "wagtailsnippets_hub_cms_theme.pk": hub.themes["data"].pk,
        "wagtailsnippetchoosers_hub_cms_theme.pk": hub.themes["data"].pk,
        "wagtailsnippets_hub_newsletters_newsletter.pk": hub.newsletter.pk,
        "wagtailsnippetchoosers_hub_newsletters_newsletter.pk": hub.newsletter.pk,
        "session_id": 1,
        "object_id": "1",
        "action": "delete",
        "uidb64": "MQ",
        "token": "wrong",
    }


def _of_webhooks(hub: Hub) -> dict[str, Any]:
    fields = {"site": hub.site, "events": ["ping"], "seed": "canary-secret"}
    endpoint = WebhookEndpoint.objects.create(url="https://web.example/canary-secret", **fields)
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        event="ping",
        event_id=uuid4(),
        body='{"type": "canary-body"}',
        next_try_at=hub.now,
        created_at=hub.now,
    )
    of_a_delivery = {f"webhooks:{name}.pk": delivery.pk for name in ("delivery", "send_again")}
    return {"webhooks.pk": endpoint.pk, **of_a_delivery}
