"""Which of ffmpeg's many parts a stranger's file may reach, in probing and in encoding alike."""

# ffmpeg's names of the MP4/MOV and the Matroska/WebM demuxer.
FORMATS = "mov,matroska"
PROTOCOLS = "file"
# Names of decoders: what phones, cameras, screen recorders and browsers write.
_PICTURE = "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,mpeg4,h263,prores,mjpeg,mpeg2video"
_SOUND = (
    "aac,aac_fixed,mp3,mp3float,opus,libopus,vorbis,flac,alac,ac3,eac3,amrnb,amrwb,"
    "libopencore_amrnb,libopencore_amrwb"
)
_PCM = "s16le s16be s24le s24be s32le s32be f32le f32be u8 mulaw alaw"
DECODERS = f"{_PICTURE},{_SOUND},{','.join(f'pcm_{kind}' for kind in _PCM.split())}"
