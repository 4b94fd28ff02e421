"""What the current boto3 does by default, one function a check. `python boto3_checks.py ENDPOINT CHECK BUCKET`; fails by an exception."""

import hashlib
import io
import os
import sys
import urllib.error
import urllib.request
from urllib.parse import urlencode

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

MIB = 1024 * 1024


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError(f"{code} was expected")


def put_and_get(s3, bucket):
    """A default put carries a CRC in a trailer or a header, a default get verifies it."""
    for size in (0, 1, 16 * 1024, 16 * 1024 + 1, 300_000):
        body = os.urandom(size)
        s3.put_object(Bucket=bucket, Key="key", Body=body, Metadata={"colour": "grau"})
        answer = s3.get_object(Bucket=bucket, Key="key")
        assert answer["Body"].read() == body
        assert answer["Metadata"] == {"colour": "grau"}


def every_checksum(s3, bucket):
    """Each algorithm botocore can compute by itself, sent and returned."""
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        body = os.urandom(100_000)
        sent = s3.put_object(Bucket=bucket, Key=algorithm, Body=body, ChecksumAlgorithm=algorithm)
        head = s3.head_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
        assert head[f"Checksum{algorithm}"] == sent[f"Checksum{algorithm}"]
    response = refused(
        "BadDigest", s3.put_object, Bucket=bucket, Key="wrong", Body=b"stones", ChecksumSHA256="A" * 43 + "="
    )
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    refused("404", s3.head_object, Bucket=bucket, Key="wrong")


def transfer_in_parts(s3, bucket):
    """upload_fileobj and download_fileobj with threads and parts."""
    body = os.urandom(23 * MIB + 17)
    config = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    s3.upload_fileobj(io.BytesIO(body), bucket, "parts", Config=config)
    back = io.BytesIO()
    s3.download_fileobj(bucket, "parts", back, Config=config)
    assert hashlib.sha256(back.getvalue()).digest() == hashlib.sha256(body).digest()
    assert s3.head_object(Bucket=bucket, Key="parts")["ETag"].endswith('-5"')
    s3.copy({"Bucket": bucket, "Key": "parts"}, bucket, "copied in parts", Config=config)
    assert s3.head_object(Bucket=bucket, Key="copied in parts")["ContentLength"] == len(body)


def conditional_writes(s3, bucket):
    s3.put_object(Bucket=bucket, Key="lock", Body=b"mine", IfNoneMatch="*")
    refused("PreconditionFailed", s3.put_object, Bucket=bucket, Key="lock", Body=b"yours", IfNoneMatch="*")
    etag = s3.head_object(Bucket=bucket, Key="lock")["ETag"]
    s3.put_object(Bucket=bucket, Key="lock", Body=b"again", IfMatch=etag)
    refused("PreconditionFailed", s3.put_object, Bucket=bucket, Key="lock", Body=b"late", IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="lock")["Body"].read() == b"again"


def listings(s3, bucket):
    keys = [f"a/{i:03}" for i in range(25)] + ["b", "c/ü 日本", "d\re\nf"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 7})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == keys
    folders = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [prefix["Prefix"] for prefix in folders["CommonPrefixes"]] == ["a/", "c/"]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    assert len(deleted["Deleted"]) == len(keys)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def versions(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="key", Body=b"first")["VersionId"]
    s3.put_object(Bucket=bucket, Key="key", Body=b"second")
    s3.delete_object(Bucket=bucket, Key="key")
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="key")
    assert s3.get_object(Bucket=bucket, Key="key", VersionId=first)["Body"].read() == b"first"
    resource = boto3.resource("s3", **settings(sys.argv[1]))
    resource.Bucket(bucket).object_versions.delete()
    assert "Versions" not in s3.list_object_versions(Bucket=bucket)


def links_and_forms(s3, bucket):
    link = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b+ü"}, ExpiresIn=60)
    with urllib.request.urlopen(urllib.request.Request(link, data=b"by link", method="PUT")) as answer:
        assert answer.status == 200
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b+ü"}, ExpiresIn=60)
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"by link"
    form = s3.generate_presigned_post(bucket, "form/${filename}", Conditions=[["content-length-range", 1, 100]])
    boundary = "stone"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in form["fields"].items()]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\nby form\r\n--{boundary}--\r\n')
    request = urllib.request.Request(form["url"], data="".join(parts).encode(), method="POST")
    request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 204
    assert s3.get_object(Bucket=bucket, Key="form/f.txt")["Body"].read() == b"by form"


def presigned_limits(_, bucket):
    """As docs/presigned-limits.md says."""
    limits = {
        "x-amz-cairn-max-size": "1000000",
        "x-amz-cairn-content-type": "image/png,image/jpeg",
        "x-amz-cairn-once": "upload-7",
        "x-amz-cairn-id": "upload-7",
    }

    def add_limits(request, **_):
        request.url += ("&" if "?" in request.url else "?") + urlencode(limits)

    s3 = boto3.client("s3", **settings(sys.argv[1]))
    s3.meta.events.register("before-sign.s3.PutObject", add_limits)
    link = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "upload-7"}, ExpiresIn=3600)

    def put(body, content_type):
        request = urllib.request.Request(link, data=body, method="PUT", headers={"Content-Type": content_type})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert put(bytes(1_000_001), "image/png") == 400
    assert put(b"text", "text/plain") == 403
    assert put(b"picture", "image/png") == 200
    assert put(b"picture", "image/png") == 403


def settings(endpoint):
    return {
        "endpoint_url": endpoint,
        "config": Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, signature_version="s3v4"),
    }


if __name__ == "__main__":
    _, address, check, name = sys.argv
    client = boto3.client("s3", **settings(address))
    client.create_bucket(Bucket=name)
    globals()[check](client, name)
