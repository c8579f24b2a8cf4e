"""Files in a bucket that only the portal opens: nothing in it is public."""

from typing import Any
from urllib.parse import urljoin

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from emn.lib.bucket import Bucket, config

_NOT_HERE = {400, 403, 404}  # a name that is refused; 403: said of a file that is not there


class ObjectStorage(S3Storage):  # type: ignore[misc]  # the library ships no types
    """A folder of a bucket.

    `base_url`: where the portal itself gives these files; None for those that no address reaches.
    """

    def __init__(self, *, bucket: Bucket, folder: str, base_url: str | None) -> None:
        super().__init__(
            access_key=bucket.key,
            secret_key=bucket.secret,
            bucket_name=bucket.name,
            endpoint_url=bucket.endpoint,
            region_name=bucket.region,
            location=bucket.within(folder),
            file_overwrite=False,
            client_config=config(),
            transfer_config=TransferConfig(use_threads=False),
        )
        self.source = bucket
        self.base_url = base_url

    def _open(self, name: str, mode: str = "rb") -> Any:
        """Open a file. Raises FileNotFoundError, of a name that will not do as well."""
        try:
            return super()._open(name, mode)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in _NOT_HERE:
                raise FileNotFoundError(name) from error
            raise

    def url(self, name: str | None, *_more: Any, **_options: Any) -> str:
        """Return the address under which the portal gives the file."""
        if self.base_url is None:
            raise ValueError("This file is not accessible via a URL.")
        return urljoin(self.base_url, filepath_to_uri(name or ""))
