"""A stand-in Asana as an ASGI application: everything it answers, over one site."""

from __future__ import annotations

from starlette.applications import Starlette

from connectors.sandbox.asana import batch, containers, feed, tasks, webhooks
from connectors.sandbox.asana.options import AsanaOptions
from connectors.sandbox.asana.serving import Asana, Routes
from connectors.sandbox.asana.site import AsanaSite

ROUTES: Routes = [*tasks.ROUTES, *containers.ROUTES, *feed.ROUTES, *batch.ROUTES, *webhooks.ROUTES]


def create_asana(site: AsanaSite, options: AsanaOptions | None = None) -> Starlette:
    """It follows every edit of the site, and gives the site its clock. The API is below `/api/1.0`."""
    return Asana(site, options, ROUTES).application()
