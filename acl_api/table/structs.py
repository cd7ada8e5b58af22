"""The dictionaries in which acl.himpi hands out C structures, as they are when nothing was filled in: all zeros.

A field is a number; `name.` a float, `name[n]` a list of n numbers, `name=struct` another structure, and
`name[n]=struct` a list of them. How long the lists of reserved numbers and of colour components are is assumed: 2.
Source: pyACL himpi.
"""

from __future__ import annotations

from itertools import product
from typing import Final

_STRUCTS: Final[dict[str, str]] = {
    "hi_coefficient": " ".join(f"csc_matrix_r{row}_c{column}." for row, column in product(range(3), range(3)))
    + " csc_bias_r0. csc_bias_r1. csc_bias_r2.",
    "hi_csc_coefficient": "yuv_to_rgb_coefficient=hi_coefficient rgb_to_yuv_coefficient=hi_coefficient",
    "hi_img_align_info": "width_stride height_stride img_buf_size reserved[2]",
    "hi_img_info": "width height width_stride height_stride img_buf_size pixel_format reserved[2]",
    "hi_img_stream": "type addr len pts reserved[2]",
    "hi_pic_info": "picture_address picture_buffer_size picture_width picture_height picture_width_stride "
    "picture_height_stride picture_format",
    "hi_rect": "x y width height",
    # vdec
    "hi_vdec_chn_attr": "type mode pic_width pic_height stream_buf_size frame_buf_size frame_buf_cnt "
    "video_attr=hi_vdec_video_attr",
    "hi_vdec_video_attr": "ref_frame_num temporal_mvp_en tmv_buf_size",
    "hi_vdec_chn_status": "type left_stream_bytes left_stream_frames left_decoded_frames is_started "
    "recv_stream_frames dec_stream_frames dec_err=hi_vdec_dec_err width height latest_frame_pts",
    "hi_vdec_dec_err": "set_pic_size_err set_protocol_num_err set_ref_num_err set_pic_buf_size_err format_err "
    "stream_unsupport pack_err stream_size_over stream_not_release",
    # Which structure stands in these depends on the type, and 0 is none of those that have one.
    "hi_vdec_chn_param": "type display_frame_num",
    "hi_vdec_protocol_param": "type",
    "hi_video_frame_info": "v_frame=hi_video_frame pool_id mod_id",
    "hi_video_frame": "width height field pixel_format video_format compress_mode dynamic_range color_gamut "
    "header_stride[2] width_stride[2] height_stride[2] header_phys_addr[2] phys_addr[2] header_virt_addr[2] "
    "virt_addr[2] time_ref pts user_data[2] frame_flag supplement=hi_video_supplement",
    "hi_video_supplement": "misc_info_phys_addr jpeg_dcf_phys_addr isp_info_phys_addr low_delay_phys_addr "
    "bnr_rnt_phys_addr motion_data_phys_addr frame_dng_phys_addr misc_info_virt_addr jpeg_dcf_virt_addr "
    "isp_info_virt_addr low_delay_virt_addr bnr_mot_virt_addr motion_data_virt_addr frame_dng_virt_addr",
    "hi_vdec_supplement_info": "type video_supplement_info=hi_vdec_video_supplement_info",
    "hi_vdec_video_supplement_info": "frame_type err_rate poc",
    "hi_vdec_stream": "end_of_frame end_of_stream need_display pts private_data len addr",
    # venc
    "hi_venc_chn_attr": "venc_attr=hi_venc_attr rc_attr=hi_venc_rc_attr gop_attr=hi_venc_gop_attr",
    "hi_venc_attr": "type max_pic_width max_pic_height buf_size profile is_by_frame pic_width pic_height",
    "hi_venc_rc_attr": "rc_mode",
    "hi_venc_gop_attr": "gop_mode normal_p=hi_venc_normal_p dual_p=hi_venc_dual_p smart_p=hi_venc_smart_p",
    "hi_venc_normal_p": "ip_qp_delta",
    "hi_venc_dual_p": "sp_interval sp_qp_delta ip_qp_delta",
    "hi_venc_smart_p": "bg_interval bg_qp_delta vi_qp_delta",
    "hi_venc_chn_status": "left_pics left_stream_bytes left_stream_frames cur_packs left_recv_pics left_enc_pics "
    "is_jpeg_snap_end release_pic_pts stream_info=hi_venc_stream_info",
    "hi_venc_stream_info": "ref_type pic_bytes pic_cnt start_qp mean_qp is_p_skip residual_bits head_bits madi_val "
    "madp_val sse_sum sse_lcu_cnt psnr_val.",
    "hi_venc_mod_param": "mod_type",
    "hi_venc_jpeg_param": "qfactor y_qt[64] cb_qt[64] cr_qt[64] mcu_per_ecs ecs_output_en",
    "hi_venc_chn_param": "color_to_grey_en priority max_stream_cnt poll_wake_up_frame_cnt crop_info=hi_crop_info "
    "frame_rate=hi_frame_rate_ctrl",
    "hi_crop_info": "enable rect=hi_rect",
    "hi_frame_rate_ctrl": "src_frame_rate dst_frame_rate",
    "hi_venc_rc_param": "threshold_i[16] threshold_p[16] threshold_b[16] direction row_qp_delta "
    "first_frame_start_qp scene_chg_detect=hi_venc_scene_chg_detect",
    "hi_venc_scene_chg_detect": "detect_scene_chg_en adapt_insert_idr_frame_en",
    "hi_venc_jpeg_huffman_param": "dc_tables[3]=hi_venc_huffman_dc_table ac_tables[3]=hi_venc_huffman_ac_table "
    "reserved[2]",
    "hi_venc_huffman_dc_table": "dc_bits[16] dc_value[12]",
    "hi_venc_huffman_ac_table": "ac_bits[16] ac_value[162]",
    "hi_venc_cu_prediction": "pred_mode intra32_cost intra16_cost intra8_cost intra4_cost inter64_cost "
    "inter32_cost inter16_cost inter8_cost",
    "hi_venc_h264_vui": "vui_aspect_ratio=hi_venc_vui_aspect_ratio vui_time_info=hi_venc_vui_h264_time_info "
    "vui_video_signal=hi_venc_vui_video_signal vui_bitstream_restric=hi_venc_vui_bitstream_restric",
    "hi_venc_h265_vui": "vui_aspect_ratio=hi_venc_vui_aspect_ratio vui_time_info=hi_venc_vui_h265_time_info "
    "vui_video_signal=hi_venc_vui_video_signal vui_bitstream_restric=hi_venc_vui_bitstream_restric",
    "hi_venc_vui_aspect_ratio": "aspect_ratio_info_present_flag aspect_ratio_idc overscan_info_present_flag "
    "overscan_appropriate_flag sar_width sar_height",
    "hi_venc_vui_h264_time_info": "timing_info_present_flag fixed_frame_rate_flag num_units_in_tick time_scale",
    "hi_venc_vui_h265_time_info": "timing_info_present_flag num_units_in_tick time_scale "
    "num_ticks_poc_diff_one_minus1",
    "hi_venc_vui_video_signal": "video_signal_type_present_flag video_format video_full_range_flag "
    "colour_description_present_flag colour_primaries transfer_characteristics matrix_coefficients",
    "hi_venc_vui_bitstream_restric": "bitstream_restriction_flag",
    "hi_venc_intra_refresh": "refresh_enable intra_refresh_mode refresh_num req_i_qp",
    "hi_venc_ref_param": "base enhance pred_en",
    "hi_venc_roi_attr": "idx enable is_abs_qp qp rect=hi_rect",
    "hi_venc_slice_split": "split_enable split_mode split_size slice_output_en reserved[2]",
    "hi_venc_streamcopy_param": "copy_en copy_interval",
    # vpc
    "hi_vpc_histogram_config": "histogram_y_or_r[256] histogram_u_or_g[256] histogram_v_or_b[256]",
    "hi_remap_lut": "src_pic_width src_pic_height dest_pic_width dest_pic_height lut lut_size reserved",
    "hi_transform_matrix": "matrix_type matrix[3]=row",
    "row": "",
}


def zeros(name: str) -> dict[str, object] | None:
    """Return a structure whose fields are all 0; None when *name* is none."""
    if name not in _STRUCTS:
        return None
    return dict(_field(field) for field in _STRUCTS[name].split())


def _field(field: str) -> tuple[str, object]:
    left, _, struct = field.partition("=")
    name, bracket, length = left.rstrip(".]").partition("[")
    if struct == "row":  # of a matrix
        value: object = [0.0] * 4
    elif struct:
        value = zeros(struct)
    else:
        value = 0.0 if left.endswith(".") else 0
    return name, [value] * int(length) if bracket else value
