"""What people saw on public scans, by Series Instance UID."""

# The highest slice whose bronchi are parted by a whole septum, by eye; DICOM patient z in mm. LIDC-IDRI-0001 and -0003.
CARINA_MM = {
    "1.3.6.1.4.1.14519.5.2.1.6279.6001.179049373636438705059720603192": -115.0,
    "1.3.6.1.4.1.14519.5.2.1.6279.6001.170706757615202213033480003264": -164.0,
}
