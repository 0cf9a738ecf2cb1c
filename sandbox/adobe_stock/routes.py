"""Every operation of the Adobe side in one table."""

from __future__ import annotations

from ..routing import Route
from . import downloads, files, ims, licenses
from .access import API, IMS, STORAGE, THUMBNAILS, WEB

_LIBRARIES = "/Rest/Libraries/1"

ROUTES = (
    Route(IMS, "GET", "/ims/authorize/v2", ims.show_page),
    Route(IMS, "POST", "/ims/authorize/v2", ims.answer_page),
    Route(IMS, "POST", "/ims/token/v3", ims.issue_token),
    Route(IMS, "POST", "/ims/revoke", ims.revoke),
    Route(IMS, "GET", "/ims/userinfo/v2", ims.show_user),
    Route(API, "GET", "/Rest/Media/1/Search/Files", files.search_files),
    Route(API, "GET", "/Rest/Media/1/Files", files.show_files),
    Route(API, "GET", f"{_LIBRARIES}/Content/Info", licenses.show_info),
    Route(API, "GET", f"{_LIBRARIES}/Content/License", licenses.license_content),
    Route(API, "POST", f"{_LIBRARIES}/Content/License", licenses.license_content),
    Route(API, "GET", f"{_LIBRARIES}/Member/Profile", licenses.show_profile),
    Route(API, "GET", f"{_LIBRARIES}/Member/LicenseHistory", licenses.show_history),
    Route(
        WEB,
        "GET",
        r"/Rest/Libraries/Download/(?P<content_id>\d{1,16})/(?P<number>\d)",
        downloads.send_by_number,
    ),
    Route(WEB, "GET", r"/Download/DownloadFileDirectly/(?P<link>[0-9a-f]{32})", downloads.send_by_hash),
    Route(STORAGE, "GET", r"/(?P<size>\w+)/(?P<content_id>\d{1,16})", downloads.deliver),
    Route(THUMBNAILS, "GET", r"/jpg/(?P<size>\d{3,4})_F_(?P<content_id>\d{1,16})\.jpg", files.show_thumbnail),
)
