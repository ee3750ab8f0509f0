"""Which address is whose."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from platewright.web import page
from platewright.web.api import api

urlpatterns = [
    path("", page.read, name="read"),
    path("example/", page.example, name="example"),
    path("camera/", page.camera, name="camera"),
    path("sightings/", page.sightings, name="sightings"),
    path("sightings/<uuid:number>/", page.sighting, name="sighting"),
    path("sightings/<uuid:number>/forget/", page.forget, name="forget"),
    path("sightings/<uuid:number>/picture/", page.photo, name="photo"),
    path("health", page.health, name="health"),
    path("metrics", page.metrics, name="metrics"),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url="/static/web/icon.svg")),
]

handler400 = "platewright.web.problem.bad_request"
handler403 = "platewright.web.problem.denied"
handler404 = "platewright.web.problem.not_found"
handler500 = "platewright.web.problem.failed"
